/** Shapes whose rank is known but not typed. */
export const shape2 = ([a = 1, b = 1]: readonly number[]): [number, number] => [a, b];

export const shape4 = ([a = 1, b = 1, c = 1, d = 1]: readonly number[]): [number, number, number, number] => [
  a,
  b,
  c,
  d,
];
