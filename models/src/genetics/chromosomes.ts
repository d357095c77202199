export const chromosomes = [
  ...Array.from({ length: 22 }, (_, index) => String(index + 1)),
  'X',
  'Y',
] as const satisfies readonly string[];

export type Arm = 'p' | 'q';

/** A band as ISCN names it: `8q22.1` is digits 221 on arm q of chromosome 8. `q10` is the centromere, seen from the arm. */
export interface Band {
  readonly chromosome: string;
  readonly arm: Arm;
  readonly digits: string;
}

/**
 * A part of a chromosome, from `start` to before `end` on an axis from the short arm's end over the centromere (0) to the long arm's.
 * The digits of a band are its decimals, so `q22` holds `q22.1`, and bands of any resolution can be compared.
 */
export interface Stretch {
  readonly chromosome: string;
  readonly start: number;
  readonly end: number;
}

export const overlap = (one: Stretch, other: Stretch): boolean =>
  one.chromosome === other.chromosome && one.start < other.end && other.start < one.end;

export const whole = (chromosome: string): Stretch => ({ chromosome, start: -armLength, end: armLength });

export const wholeArm = (chromosome: string, arm: Arm): Stretch =>
  arm === 'p' ? { chromosome, start: -armLength, end: 0 } : { chromosome, start: 0, end: armLength };

export const otherArm = (arm: Arm): Arm => (arm === 'p' ? 'q' : 'p');

export function stretchOf(band: Band): Stretch {
  const { near, far } = reach(band);
  return onAxis(band, near, far);
}

/** From the band, itself included, to the end of its arm. */
export const distal = (band: Band): Stretch => onAxis(band, reach(band).near, armLength);

/** From one band of a chromosome to another, both included, in either order. */
export function between(one: Band, other: Band): Stretch {
  const [first, second] = [stretchOf(one), stretchOf(other)];
  const { chromosome } = one;
  return { chromosome, start: Math.min(first.start, second.start), end: Math.max(first.end, second.end) };
}

export const isCentromere = ({ digits }: Band): boolean => digits === centromere;

/** Whether the chromosome has it, judged by region and band; finer parts are not. */
export function exists({ chromosome, arm, digits }: Band): boolean {
  if (digits === centromere) return true;
  if (!/^[1-9]{1,2}$|^[1-9]{2}[1-9]\d{0,2}$/.test(digits)) return false;
  const bands = bandsOfRegions[chromosome]?.[arm][Number(digits[0]) - 1] ?? 0;
  return bands >= Number(digits[1] ?? 1);
}

const centromere = '10';
const decimals = 6;
const armLength = 10 ** decimals;
/** The bands nearest to the centromere are called 11, 11.1 or 11.11: to name the centromere is to name them. */
const nearest = 111_101;

/** How far from the centromere a band begins and ends. */
function reach({ digits }: Band): { readonly near: number; readonly far: number } {
  if (digits === centromere) return { near: 0, far: nearest };
  const near = Number(digits.padEnd(decimals, '0'));
  return { near, far: near + 10 ** (decimals - digits.length) };
}

const onAxis = ({ chromosome, arm }: Band, near: number, far: number): Stretch =>
  arm === 'p' ? { chromosome, start: -far, end: -near } : { chromosome, start: near, end: far };

/** How many bands the regions 1, 2, 3 … of each arm have (the ideogram of ISCN at about 300 bands). */
const bandsOfRegions: Readonly<Record<string, Readonly<Record<Arm, readonly number[]>>>> = {
  1: { p: [3, 2, 6], q: [2, 5, 2, 4] },
  2: { p: [6, 5], q: [4, 4, 7] },
  3: { p: [4, 6], q: [3, 9] },
  4: { p: [6], q: [3, 8, 5] },
  5: { p: [5], q: [5, 3, 5] },
  6: { p: [2, 5], q: [6, 7] },
  7: { p: [5, 2], q: [1, 2, 6] },
  8: { p: [2, 3], q: [3, 4] },
  9: { p: [3, 4], q: [3, 2, 4] },
  10: { p: [5], q: [1, 6] },
  11: { p: [5], q: [4, 5] },
  12: { p: [3], q: [5, 4] },
  13: { p: [3], q: [4, 2, 4] },
  14: { p: [3], q: [3, 4, 2] },
  15: { p: [3], q: [5, 6] },
  16: { p: [3], q: [3, 4] },
  17: { p: [3], q: [2, 5] },
  18: { p: [1], q: [2, 3] },
  19: { p: [3], q: [3] },
  20: { p: [3], q: [3] },
  21: { p: [3], q: [1, 2] },
  22: { p: [3], q: [3] },
  X: { p: [1, 2], q: [3, 8] },
  Y: { p: [1], q: [2] },
};

/** Every band of two digits, in the order of the axis: what a list of bands is made of where a run has none of its own. */
export const standardBands: readonly string[] = chromosomes.flatMap((chromosome) => {
  const arm = (name: Arm) =>
    (bandsOfRegions[chromosome]?.[name] ?? []).flatMap((bands, region) =>
      Array.from({ length: bands }, (_, band) => `${chromosome}${name}${region + 1}${band + 1}`),
    );
  return [...arm('p').reverse(), ...arm('q')];
});
