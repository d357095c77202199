import { fail } from '@consilium/shared/errors';
import { type LabelledSamples, runLength } from '../../samples/index.js';
import type { Blueprint } from '../family.js';
import { checkLabels } from '../input-checks.js';
import { modalities } from './shape.js';

/**
 * What the network expects: a bag of feature vectors a patient, as the hospital's own frozen encoder made them, one vector a cell, not
 * scaled; beside them, where the run has them, findings of 1, 0 and NaN for what was not tested. Labels matter to the probe alone.
 */
export function checkInput({ input, y, sides }: LabelledSamples, { input: wanted, classes, stage }: Blueprint): void {
  const refuse = (problem: string): never => fail('CSM-MODEL-INPUT', { problem });
  if (wanted.kind !== 'bags') throw new TypeError(`genbloom reads bags, not ${wanted.kind}`);
  if (input.kind !== 'bags') fail('CSM-MODEL-INPUT', { problem: `bags of cells are wanted, not ${input.kind}` });
  if (input.width !== wanted.width) refuse(`cells are ${input.width} wide instead of ${wanted.width}`);
  if (y.some((_, row) => runLength(input.starts, row) === 0)) refuse('some bag holds no cell');
  if (!input.values.every(Number.isFinite)) refuse('some feature of a cell is not a finite number');
  for (const name of modalities) {
    const [side, bits] = [sides[name], wanted.sides[name]];
    if (side?.width !== bits) refuse(`${name} is ${side?.width ?? 0} wide instead of ${bits ?? 0}`);
    if (side?.values.some((bit) => !(bit === 0 || bit === 1 || Number.isNaN(bit)))) {
      refuse(`${name} holds something that is neither 0 nor 1 nor left out`);
    }
  }
  if (stage === 'probe') checkLabels({ y }, classes);
}
