/** A point of a curve: stage and round counted as in the run, and the figure there; null where there is none. */
export type Point = readonly [stage: number, round: number, value: number | null];

/**
 * At most `limit` points of a curve, such that its drawing stays the same: the first and the last, and the least and the
 * greatest of each of as many stretches as there is room for. A stretch without any figure leaves its first point, so
 * that a gap stays a gap.
 * @param limit 4 or more
 */
export function downSample(points: readonly Point[], limit: number): readonly Point[] {
  if (points.length <= limit) return points;
  const last = points.length - 1;
  const stretches = Math.floor((limit - 2) / 2);
  const kept = new Set([0]);
  for (let stretch = 0; stretch < stretches; stretch++) {
    const from = 1 + Math.floor(((last - 1) * stretch) / stretches);
    const to = 1 + Math.floor(((last - 1) * (stretch + 1)) / stretches);
    for (const index of extremes(points, from, to)) kept.add(index);
  }
  kept.add(last);
  return points.filter((_, index) => kept.has(index));
}

/** Where the least and the greatest figure of `[from, to)` stand; its beginning when there is none. */
function extremes(points: readonly Point[], from: number, to: number): readonly number[] {
  let least = -1;
  let greatest = -1;
  const valueAt = (index: number) => points[index]?.[2] ?? null;
  for (let index = from; index < to; index++) {
    const value = valueAt(index);
    if (value === null) continue;
    if (least < 0 || value < valueAt(least)!) least = index;
    if (greatest < 0 || value > valueAt(greatest)!) greatest = index;
  }
  return least < 0 ? [from] : [least, greatest];
}
