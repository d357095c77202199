import { fail } from '@consilium/shared/errors';
import type { LabelledSamples } from '../../samples/index.js';
import type { Blueprint } from '../family.js';
import { checkLabels } from '../input-checks.js';

/** What the network expects: square RGB images of the run's side, corrected alike at every site, and known classes. */
export function checkInput(
  { input, y }: LabelledSamples,
  { classes, ...blueprint }: Pick<Blueprint, 'classes' | 'input'>,
): void {
  const side = sideOf(blueprint);
  if (input.kind !== 'images') fail('CSM-MODEL-INPUT', { problem: `these are ${input.kind} and no images` });
  if (input.side !== side) {
    fail('CSM-MODEL-INPUT', { problem: `images of ${input.side} pixels a side where ${side} are expected` });
  }
  checkLabels({ y }, classes);
}

/** Pixels of each side of the network's input. */
export function sideOf({ input }: Pick<Blueprint, 'input'>): number {
  if (input.kind !== 'images') throw new TypeError(`vgg19-mhsa looks at images, not ${input.kind}`);
  return input.side;
}
