/** A square matrix, row by row. */
export type Matrix = readonly (readonly number[])[];

/**
 * Attention rollout (Abnar & Zuidema 2020): how much of each input token reaches each output token through all layers.
 * `R = norm(½Ā_l + ½I) · R_{l−1}`, Ā the mean over heads. `layers` is [layer][head][query][key]; the result [output][input],
 * each row summing to 1.
 */
export function attentionRollout(layers: readonly (readonly Matrix[])[]): Matrix {
  const [first] = layers;
  const tokens = first?.[0]?.length ?? 0;
  return layers.reduce<Matrix>((reached, heads) => multiply(withResidual(heads), reached), identity(tokens));
}

const identity = (size: number): Matrix =>
  Array.from({ length: size }, (_, row) => Array.from({ length: size }, (_, column) => (row === column ? 1 : 0)));

/** `½Ā + ½I`, rows normalised. */
function withResidual(heads: readonly Matrix[]): Matrix {
  const tokens = heads[0]?.length ?? 0;
  return Array.from({ length: tokens }, (_, query) => {
    const row = Array.from({ length: tokens }, (_, key) => {
      const mean = heads.reduce((sum, head) => sum + (head[query]?.[key] ?? 0), 0) / heads.length;
      return 0.5 * mean + (query === key ? 0.5 : 0);
    });
    const total = row.reduce((sum, value) => sum + value, 0);
    return row.map((value) => value / total);
  });
}

const multiply = (left: Matrix, right: Matrix): Matrix =>
  left.map((row) =>
    (right[0] ?? []).map((_, column) => row.reduce((sum, value, k) => sum + value * (right[k]?.[column] ?? 0), 0)),
  );
