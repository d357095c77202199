import { agreementLimit, held } from '../backend/index.js';
import { type Family, families } from '../families/index.js';
import { type OptimizerSettings, readTensors, train } from '../training/index.js';
import { type ConformanceCase, knownCase, numbers } from './case.js';

interface Training {
  readonly epochs: number;
  /** All rows in one where left out. */
  readonly batchSize?: number;
  readonly optimizer: OptimizerSettings;
  readonly onProgress?: () => void;
}

/** Trains a stage of a family's example from its starting weights; the change of its weights, and the mean loss. */
async function trained(family: Family, stage: string, how: Training): Promise<readonly Float32Array[]> {
  const { blueprint, samples } = family.example(5);
  const model = family.build({ ...blueprint, stage, seed: 1 });
  const read = async () => [await readTensors(model.shared), await readTensors(model.local)];
  try {
    const start = await read();
    const { meanLoss } = await train({ model, samples, batchSize: samples.rows, ...how, classWeights: null, seed: 11 });
    const end = await read();
    const changes = end.map((group, at) => group.map((weight, index) => weight - (start[at]?.[index] ?? 0)));
    return [...changes.filter(({ length }) => length > 0), Float32Array.of(meanLoss)];
  } finally {
    model.dispose();
  }
}

/**
 * The change of the weights over one step of plain gradient descent at rate 1: the gradient itself, as a whole. Not Adam, which
 * makes a step of full size out of a gradient that is nothing but rounding.
 */
function stepCase(family: Family, stage: string): ConformanceCase {
  const optimizer = { name: 'sgd', rate: 1, momentum: 0, weightDecay: 0 } as const;
  const compute = async () => (await trained(family, stage, { epochs: 1, optimizer })).map(numbers);
  return {
    topic: 'training steps',
    name: nameOf(family, stage),
    limit: agreementLimit,
    compute,
    reference: compute,
  };
}

/** How many tensors and buffers more than after the first step there are after later ones. */
function steadyCase(family: Family, stage: string): ConformanceCase {
  return knownCase('training steps', {
    name: `${nameOf(family, stage)}: no step keeps a tensor`,
    compute: async () => {
      const counts: number[] = [];
      const optimizer = { name: 'adam', rate: 1e-3, weightDecay: 0.01 } as const;
      const onProgress = () => counts.push(held());
      await trained(family, stage, { epochs: 2, batchSize: 8, optimizer, onProgress });
      return [Math.max(...counts) - Math.min(...counts)];
    },
    expected: [0],
  });
}

const nameOf = ({ name, stages }: Family, stage: string): string =>
  stages.length === 1 ? `${name}, small` : `${name}, small, ${stage}`;

/** A training step of every stage of every family in the registry. */
export const trainingSteps: readonly ConformanceCase[] = families.flatMap((family) =>
  family.stages.flatMap((stage) => [stepCase(family, stage), steadyCase(family, stage)]),
);
