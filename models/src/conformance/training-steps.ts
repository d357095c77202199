import { agreementLimit, held } from '../backend/index.js';
import { type Family, families } from '../families/index.js';
import { stream } from '../layers/index.js';
import { type OptimizerSettings, readTensors, train } from '../training/index.js';
import { type ConformanceCase, knownCase, numbers } from './case.js';

const [rows, features, classes] = [24, 40, 3];
const preset = 'small';

/** Rows of noise with labels in turn; a column for each class tells it. */
function patients() {
  const random = stream(5, 'conformance');
  const y = Int32Array.from({ length: rows }, (_, row) => row % classes);
  const x = Float32Array.from({ length: rows * features }, (_, index) => {
    return random.normal() + (index % features === y[Math.floor(index / features)] ? 3 : 0);
  });
  return { x, y };
}

interface Training {
  readonly epochs: number;
  readonly batchSize: number;
  readonly optimizer: OptimizerSettings;
  readonly onProgress?: () => void;
}

/** Trains a family's small preset from its starting weights; the change of its weights, and the mean loss. */
async function trained(family: Family, { onProgress, ...how }: Training): Promise<readonly Float32Array[]> {
  const model = family.build({ features, classes, options: family.parseOptions(preset, {}), seed: 1 });
  try {
    const start = await readTensors(model.shared);
    const settings = { ...how, classWeights: null, seed: 11, ...(onProgress && { onProgress }) };
    const { meanLoss } = await train({ model, ...patients(), ...settings });
    const end = await readTensors(model.shared);
    return [end.map((weight, index) => weight - (start[index] ?? 0)), Float32Array.of(meanLoss)];
  } finally {
    model.dispose();
  }
}

/**
 * The change of the weights over one step of plain gradient descent at rate 1: the gradient itself, as a whole. Not Adam, which
 * makes a step of full size out of a gradient that is nothing but rounding.
 */
function stepCase(family: Family): ConformanceCase {
  const optimizer = { name: 'sgd', rate: 1, momentum: 0, weightDecay: 0 } as const;
  const compute = async () => (await trained(family, { epochs: 1, batchSize: rows, optimizer })).map(numbers);
  return {
    topic: 'training steps',
    name: `${family.name}, ${preset}`,
    limit: agreementLimit,
    compute,
    reference: compute,
  };
}

/** How many tensors and buffers more than after the first step there are after later ones. */
function steadyCase(family: Family): ConformanceCase {
  return knownCase('training steps', {
    name: `${family.name}, ${preset}: no step keeps a tensor`,
    compute: async () => {
      const counts: number[] = [];
      const optimizer = { name: 'adam', rate: 1e-3, weightDecay: 0.01 } as const;
      const onProgress = () => counts.push(held());
      await trained(family, { epochs: 2, batchSize: 8, optimizer, onProgress });
      return [Math.max(...counts) - Math.min(...counts)];
    },
    expected: [0],
  });
}

/** A training step of every family in the registry. */
export const trainingSteps: readonly ConformanceCase[] = families.flatMap((family) => [
  stepCase(family),
  steadyCase(family),
]);
