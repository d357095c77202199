/**
 * Which groups' sums may leave a site beside the sums over everybody. A group of fewer than `minimum` patients is left out; and since
 * the total less all released groups is a sum over the rest, that rest must hold at least `minimum` patients too: the smallest of
 * the others go with it until it does. So every linear combination of what is released weighs alike the rows of at least `minimum`
 * patients. Where all groups together have fewer, all are left out, and the total must be withheld as well.
 * @param patients the different patients of each group; one patient may be in several. Nothing is told by an empty group: released
 */
export function releasable(patients: readonly ReadonlySet<number>[], minimum: number): readonly boolean[] {
  const released = patients.map(({ size }) => size === 0 || size >= minimum);
  if (released.every(Boolean)) return released;
  const bySize = patients
    .map((members, group) => ({ members, group }))
    .filter(({ members }) => members.size > 0)
    .sort((a, b) => a.members.size - b.members.size || a.group - b.group);
  const rest = new Set<number>();
  for (const { members, group } of bySize) {
    if (members.size >= minimum && rest.size >= minimum) break;
    for (const patient of members) rest.add(patient);
    released[group] = false;
  }
  return released;
}
