/** An einsum equation of one or two operands, one letter an axis. */
export interface Equation {
  readonly terms: readonly string[];
  readonly result: string;
}

/** Reads `ij,jk->ik`. A letter that comes twice in one term (a diagonal) and ellipses are refused. */
export function parseEquation(text: string): Equation {
  const [left = '', result, ...rest] = text.replaceAll(/\s/g, '').split('->');
  const terms = left.split(',');
  const plain = (term: string) => /^[A-Za-z]*$/.test(term) && new Set(term).size === term.length;
  if (result === undefined || rest.length > 0 || terms.length > 2 || ![...terms, result].every(plain)) {
    throw new Error(`einsum: ${text} is not an equation of one or two operands without repeated letters`);
  }
  return { terms, result };
}

/** The letters of `term` that `other` has, in `term`'s order. */
export const shared = (term: string, other: string): string =>
  [...term].filter((axis) => other.includes(axis)).join('');

/** The letters of `term` that `other` lacks, in `term`'s order. */
export const apart = (term: string, other: string): string =>
  [...term].filter((axis) => !other.includes(axis)).join('');
