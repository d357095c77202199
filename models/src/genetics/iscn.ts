import { readAbnormality } from './abnormality.js';
import { type Change, wholeChromosome } from './changes.js';
import { type Text, textOf } from './text.js';

/** One line of cells. */
export interface Clone {
  /** Its changes from 46,XX or 46,XY; those that `idem` stands for among them. */
  readonly changes: readonly Change[];
  /** In how many cells it was found; null where that is not written. */
  readonly cells: number | null;
}

export interface Karyotype {
  readonly clones: readonly Clone[];
}

/**
 * Reads a karyotype in the subset of ISCN 2020 that this product knows: clones apart by `/`; in each the number of chromosomes (about
 * 46), the sex chromosomes or `idem`, and the changes: whole chromosomes (`+8`, `-Y`), `del`, `dup`, `inv`, `t` of two and more, `add`,
 * `i`, `der` of one translocation or of two whole arms, `rob`, `dic`, markers; `c`, `x2` and `[20]` or `[cp20]` behind.
 *
 * Anything else is refused with `CSM-DATA-ISCN`, also what is uncertain (`?`) or incomplete (`inc`), as an unread change would count as
 * none, and a number of chromosomes that does not follow from the changes. Text of any kind may be given.
 */
export function parseIscn(karyotype: string): Karyotype {
  const text = textOf(karyotype);
  if (karyotype.length > longest) text.refuse('it is too long');
  text.take(/mos(?=\d)/y);
  const clones: ReadClone[] = [];
  do {
    if (clones.length === mostClones) text.refuse('too many clones');
    clones.push(readClone(text, clones[0] ?? null));
  } while (text.take(/\//y) !== null);
  if (!text.ended()) text.refuse('a comma, a slash or the end is expected');
  return { clones: clones.map(({ changes, cells }) => ({ changes, cells })) };
}

const longest = 4000;
const mostClones = 32;

interface ReadClone extends Clone {
  /** How many chromosomes its changes make. */
  readonly expected: number;
}

function readClone(text: Text, stem: ReadClone | null): ReadClone {
  const place = text.place();
  const count = text.need(/(?:3[5-9]|4\d|5[0-7])(?!\d)/y, 'a number of chromosomes from 35 to 57 is expected');
  const range = text.take(/[~-]\d{2}(?!\d)/y);
  text.need(/,/y, 'a comma is expected');
  const sex = readSex(text, stem);
  const own: Change[] = [];
  while (text.take(/,/y) !== null) own.push(readAbnormality(text));
  const cells = text.take(/\[(?:cp)?\d{1,4}\]/y);
  const clone = sex === 'idem' ? grown(stem, own) : complete(sex, own);
  // In a range or a composite not every cell has every change.
  if (range === null && cells?.startsWith('[cp') !== true && clone.expected !== Number(count)) {
    text.refuse('the number of chromosomes does not follow from the changes', place);
  }
  return { ...clone, cells: cells === null ? null : Number(cells.replaceAll(/\D/g, '')) };
}

/** `idem` or the sex chromosomes that are there and normal. */
function readSex(text: Text, stem: ReadClone | null): string {
  const place = text.place();
  if (text.take(/(?:idem|sl)(?=[,/[]|$)/y) !== null) {
    return stem === null ? text.refuse('the first clone cannot be idem', place) : 'idem';
  }
  const letters = text.need(/X{1,4}Y{0,3}|Y{1,2}/y, 'the sex chromosomes are expected');
  text.take(/c(?=[,/[]|$)/y);
  return letters;
}

const grown = (stem: ReadClone | null, own: readonly Change[]): Omit<ReadClone, 'cells'> => ({
  changes: [...(stem?.changes ?? []), ...own],
  expected: (stem?.expected ?? 0) + numberOf(own),
});

/**
 * The sex chromosomes that a person was born with are those written, those said to be lost, and up to two those that an abnormality
 * stands for (`46,X,i(X)(q10)`). What they are besides XX or XY is a change too: `45,X`, `47,XXY`.
 */
function complete(letters: string, own: readonly Change[]): Omit<ReadClone, 'cells'> {
  const lost = own.flatMap(({ copies, standsFor }) =>
    copies.flatMap(({ stretch, by }) =>
      standsFor.length === 0 && isSex(stretch.chromosome) ? Array.from({ length: -by }, () => stretch.chromosome) : [],
    ),
  );
  const replaced = own.flatMap(({ standsFor }) => standsFor.filter(isSex));
  const missing = Math.max(0, 2 - letters.length - lost.length);
  const born = [...letters, ...lost, ...replaced.slice(0, missing)];
  const number = (name: string) => born.filter((one) => one === name).length;
  const male = number('Y') > 0;
  const inborn = [
    { name: 'X', by: number('X') - (male ? 1 : 2) },
    { name: 'Y', by: male ? number('Y') - 1 : 0 },
  ].flatMap(({ name, by }) => (by === 0 ? [] : wholeChromosome(name, by)));
  return { changes: [...inborn, ...own], expected: autosomes + born.length + numberOf(own) };
}

const autosomes = 44;
const isSex = (chromosome: string): boolean => chromosome === 'X' || chromosome === 'Y';
const numberOf = (changes: readonly Change[]): number => changes.reduce((sum, { number }) => sum + number, 0);
