/** Seeded numbers in [0, 1) for tests (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Invented predictions: softmax of noise, with `skill` added to the true class's logit; `sharpness` scales all logits. */
export function drawPredictions(options: {
  readonly seed: number;
  readonly rows: number;
  readonly classes: number;
  readonly skill?: number;
  readonly sharpness?: number;
}): { readonly y: Int32Array; readonly probabilities: Float32Array; readonly classes: number } {
  const { rows, classes, skill = 1, sharpness = 1 } = options;
  const random = generator(options.seed);
  const y = new Int32Array(rows);
  const probabilities = new Float32Array(rows * classes);
  for (let row = 0; row < rows; row++) {
    // Skewed on purpose: some classes are rare.
    y[row] = Math.floor(random() ** 1.7 * classes);
    const logits = Array.from({ length: classes }, (_, c) => {
      const noise = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
      return sharpness * (noise + (c === y[row] ? skill : 0));
    });
    const top = Math.max(...logits);
    const exponentials = logits.map((logit) => Math.exp(logit - top));
    const total = exponentials.reduce((sum, value) => sum + value, 0);
    probabilities.set(
      exponentials.map((value) => value / total),
      row * classes,
    );
  }
  return { y, probabilities, classes };
}
