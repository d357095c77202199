/** What is copied, as far as copying is concerned. */
interface Copied {
  readonly sample: { readonly id: string; readonly patient: string; readonly label: number };
}

/**
 * The samples of every class but the largest, which are taken once more before the split. So was it published for a response to
 * checkpoint inhibitors: responders doubled, then split. It is offered to repeat such figures and to show what they are worth.
 */
export function smallerClasses<Own extends Copied>(samples: readonly Own[]): readonly Own[] {
  const counts = new Map<number, number>();
  for (const { sample } of samples) counts.set(sample.label, (counts.get(sample.label) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return samples.filter(({ sample }) => sample.label >= 0 && (counts.get(sample.label) ?? 0) < most);
}

/** A sample once more, as another patient to the split: no name in a table holds a NUL. */
export const copyOf = <Sample extends Copied['sample']>(sample: Sample): Sample => ({
  ...sample,
  id: `${sample.id} (copy)`,
  patient: `${sample.patient}\0copy`,
});
