import { type Band, between, distal, otherArm, type Stretch, stretchOf, whole, wholeArm } from './chromosomes.js';

/** What one abnormality makes of the genome. */
export interface Change {
  /** Stretches of which there are more copies (`by` above 0) or fewer. */
  readonly copies: readonly { readonly stretch: Stretch; readonly by: number }[];
  /** Bands that have come to lie beside others. */
  readonly joins: readonly Stretch[];
  /** Chromosomes whose normal form it replaces. */
  readonly standsFor: readonly string[];
  /** By how much it changes the number of chromosomes. */
  readonly number: number;
}

export const unchanged: Change = { copies: [], joins: [], standsFor: [], number: 0 };

export const wholeChromosome = (chromosome: string, by: number): Change => ({
  ...unchanged,
  copies: [{ stretch: whole(chromosome), by }],
  number: by,
});

/** Of unknown origin: it changes the number of chromosomes alone. */
export const marker = (number: number): Change => ({ ...unchanged, number });

/** The abnormal chromosome on top of the normal ones, instead of one of them. */
export const added = (change: Change): Change => ({
  copies: [...change.standsFor.map((chromosome) => ({ stretch: whole(chromosome), by: 1 })), ...change.copies],
  joins: change.joins,
  standsFor: [],
  number: change.number + change.standsFor.length,
});

/** `times` of it. */
export const repeated = (change: Change, times: number): Change => ({
  copies: change.copies.map(({ stretch, by }) => ({ stretch, by: by * times })),
  joins: change.joins,
  standsFor: Array.from({ length: times }, () => change.standsFor).flat(),
  number: change.number * times,
});

/** One break: all from it to the end of the arm. Two: what lies between. */
export const deletion = (first: Band, second: Band | null): Change => ({
  ...unchanged,
  copies: [{ stretch: second === null ? distal(first) : between(first, second), by: -1 }],
  standsFor: [first.chromosome],
});

export const duplication = (first: Band, second: Band): Change => ({
  ...unchanged,
  copies: [{ stretch: between(first, second), by: 1 }],
  standsFor: [first.chromosome],
});

/** Nothing lost or gained: inversions and balanced translocations. */
export const rearrangement = (breaks: readonly Band[], standsFor: readonly string[]): Change => ({
  ...unchanged,
  joins: breaks.map(stretchOf),
  standsFor,
});

/** Unknown material in place of the end of an arm. */
export const addition = (at: Band): Change => ({ ...deletion(at, null), joins: [stretchOf(at)] });

/** An arm twice, the other one not at all. */
export const isochromosome = ({ chromosome, arm }: Band): Change => ({
  ...unchanged,
  copies: [
    { stretch: wholeArm(chromosome, arm), by: 1 },
    { stretch: wholeArm(chromosome, otherArm(arm)), by: -1 },
  ],
  standsFor: [chromosome],
});

/** A chromosome whose end is another's: of a translocation only this half is there. */
export const unbalanced = (own: Band, foreign: Band): Change => ({
  ...unchanged,
  copies: [
    { stretch: distal(own), by: -1 },
    { stretch: distal(foreign), by: 1 },
  ],
  joins: [stretchOf(own), stretchOf(foreign)],
  standsFor: [own.chromosome],
});

/** Two chromosomes that have become one, without what lay beyond the breaks. */
export const joined = (one: Band, other: Band): Change => ({
  copies: [
    { stretch: distal(one), by: -1 },
    { stretch: distal(other), by: -1 },
  ],
  joins: [stretchOf(one), stretchOf(other)],
  standsFor: [one.chromosome, other.chromosome],
  number: -1,
});

/** The same of whole arms: the named arms are what remains. */
export const joinedArms = (one: Band, other: Band): Change => ({
  ...joined(one, other),
  copies: [one, other].map(({ chromosome, arm }) => ({ stretch: wholeArm(chromosome, otherArm(arm)), by: -1 })),
});
