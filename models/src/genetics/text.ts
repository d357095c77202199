import { fail } from '@consilium/shared/errors';

/** Reads a karyotype from left to right. */
export interface Text {
  /** What stands here if it matches (a sticky pattern), and moves past it. */
  readonly take: (pattern: RegExp) => string | null;
  /** The same, refused where it does not match. */
  readonly need: (pattern: RegExp, problem: string) => string;
  readonly ended: () => boolean;
  /** Where it stands, to refuse later what began here. */
  readonly place: () => number;
  /** Throws `CSM-DATA-ISCN` for what stands here, or at a place. Nothing of the text goes into the error. */
  readonly refuse: (problem: string, place?: number) => never;
}

/** Blanks are skipped, and the dashes and crosses of word processors read as ISCN writes them. */
export function textOf(karyotype: string): Text {
  const places: number[] = [];
  let text = '';
  for (let index = 0; index < karyotype.length; index++) {
    const sign = karyotype.charAt(index);
    if (/\s/.test(sign)) continue;
    places.push(index);
    text += typeset[sign] ?? sign;
  }
  let next = 0;
  const refuse = (problem: string, place = next): never =>
    fail('CSM-DATA-ISCN', { at: (places[place] ?? karyotype.length) + 1, problem });
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = next;
    const found = pattern.exec(text)?.[0] ?? null;
    next += found?.length ?? 0;
    return found;
  };
  return {
    take,
    need: (pattern, problem) => take(pattern) ?? refuse(problem),
    ended: () => next >= text.length,
    place: () => next,
    refuse,
  };
}

const typeset: Readonly<Record<string, string>> = { '−': '-', '–': '-', '×': 'x', '∼': '~' };
