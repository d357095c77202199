/** A stream of random numbers in plain JavaScript: the same on every backend, platform and Node version. */
export interface Random {
  /** Uniform in [0, 1), 32 bits of resolution. */
  readonly uniform: () => number;
  /** Uniform integer in [0, limit), limit ≤ 2³². */
  readonly integer: (limit: number) => number;
  /** Standard normal (Box–Muller). */
  readonly normal: () => number;
}

/**
 * A seeded stream. Further labels name independent streams under one seed (`stream(7, 'dropout', 12)`), so that
 * drawing more numbers in one place never changes another.
 * Generator: sfc32 (Chris Doty-Humphrey, PractRand), seeded by FNV-1a over the labels.
 */
export function stream(seed: number, ...labels: readonly (string | number)[]): Random {
  const text = [seed, ...labels].join('\u001f');
  let a = hash(text, 0x811c9dc5);
  let b = hash(text, 0x9e3779b9);
  let c = hash(text, 0x85ebca6b);
  let counter = 1;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < warmUpDraws; i++) next();

  const uniform = () => next() / 2 ** 32;
  let spare: number | null = null;
  const normal = () => {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
  return { uniform, integer: (limit) => Math.floor(uniform() * limit), normal };
}

/** The numbers 0 … count−1 in random order (Fisher–Yates). */
export function permutation(count: number, random: Random): Int32Array {
  const order = Int32Array.from({ length: count }, (_, index) => index);
  for (let i = count - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    const swapped = order[i]!;
    order[i] = order[j]!;
    order[j] = swapped;
  }
  return order;
}

/** Draws until three hashed words have mixed into the whole state (the author's figure is 12 for one word). */
const warmUpDraws = 20;

function hash(text: string, basis: number): number {
  let value = basis;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value ^ (value >>> 15);
}
