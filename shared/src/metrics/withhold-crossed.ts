import { tooFew } from './withhold-line.js';

/** Samples divided twice, each into as many groups. */
export interface TwiceDivided {
  /** The group of each sample in the division whose counts are shown elsewhere, as far as they may be. */
  readonly known: ArrayLike<number>;
  /** Its group in the division that is to be shown beside. */
  readonly own: ArrayLike<number>;
  readonly groups: number;
  /** Index of each sample's patient. */
  readonly patients: ArrayLike<number>;
}

/**
 * Which groups of a division are withheld, where the same samples are divided another way beside it: neither what two groups share nor
 * what is left of a group of the other division without the shown ones may be of 1 to minimumCell − 1 patients, since sums of the one less
 * sums of the other would tell of them. At least two are withheld where any is.
 */
export function withholdCrossed({ known, own, groups, patients }: TwiceDivided, minimumCell: number): boolean[] {
  const rows = Array.from({ length: own.length }, (_, row) => row);
  const patientsOf = (wanted: (row: number) => boolean): number =>
    new Set(rows.filter(wanted).map((row) => patients[row])).size;
  const all = Array.from({ length: groups }, (_, group) => group);
  const shared = all.map((group) =>
    all.map((other) => patientsOf((row) => own[row] === group && known[row] === other)),
  );
  const sizes = all.map((group) => patientsOf((row) => own[row] === group));
  const hidden = shared.map((counts) => counts.some((count) => tooFew(count, minimumCell)));
  const smallest = (wanted: (group: number) => boolean): number | undefined =>
    all
      .filter((group) => !hidden[group] && sizes[group]! > 0 && wanted(group))
      .sort((a, b) => sizes[a]! - sizes[b]! || a - b)[0];
  const next = (): number | undefined => {
    for (const other of all) {
      const left = patientsOf((row) => known[row] === other && hidden[own[row]!]!);
      const partner = tooFew(left, minimumCell) ? smallest((group) => shared[group]![other]! > 0) : undefined;
      if (partner !== undefined) return partner;
    }
    const left = patientsOf((row) => hidden[own[row]!]!);
    const isOne = all.filter((group) => hidden[group]).length === 1;
    return isOne || tooFew(left, minimumCell) ? smallest(() => true) : undefined;
  };
  for (let group = next(); group !== undefined; group = next()) hidden[group] = true;
  return hidden;
}
