/**
 * Samples by falling score, equal scores together: how many positives and negatives each distinct score has.
 * The same form holds for a list of scores and for a histogram of them, so both are measured by one code.
 */
export interface RankedGroups {
  readonly positives: ArrayLike<number>;
  readonly negatives: ArrayLike<number>;
}

/** Groups scores by value, highest first. */
export function rank(scores: ArrayLike<number>, positive: (row: number) => boolean): RankedGroups {
  const order = Array.from({ length: scores.length }, (_, row) => row).sort((a, b) => scores[b]! - scores[a]!);
  const positives: number[] = [];
  const negatives: number[] = [];
  let previous = Number.NaN;
  for (const row of order) {
    if (scores[row] !== previous) {
      positives.push(0);
      negatives.push(0);
      previous = scores[row]!;
    }
    (positive(row) ? positives : negatives)[positives.length - 1]! += 1;
  }
  return { positives, negatives };
}

/** Area under the ROC curve: the chance that a positive outranks a negative, ties ½. Null when one side is empty. */
export function areaUnderRoc({ positives, negatives }: RankedGroups): number | null {
  let above = 0;
  let below = 0;
  let won = 0;
  for (let group = 0; group < positives.length; group++) {
    won += negatives[group]! * (above + positives[group]! / 2);
    above += positives[group]!;
    below += negatives[group]!;
  }
  return above === 0 || below === 0 ? null : won / (above * below);
}

/** Average precision: Σ (Rₙ − Rₙ₋₁)·Pₙ over the distinct scores, no interpolation. Null without positives. */
export function averagePrecision({ positives, negatives }: RankedGroups): number | null {
  let found = 0;
  let seen = 0;
  let area = 0;
  for (let group = 0; group < positives.length; group++) {
    const gained = positives[group]!;
    found += gained;
    seen += gained + negatives[group]!;
    if (gained > 0) area += (gained * found) / seen;
  }
  return found === 0 ? null : area / found;
}
