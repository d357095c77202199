import { openTensors, type TensorFile } from '@consilium/shared/safetensors';
import { encodeWeights, type Layout } from '@consilium/shared/weights';
import { describe, expect, it } from 'vitest';
import { constant, type Parameter } from '../layers/index.js';
import { importPlan, type StagePlan, sentencesOf, takeTensors } from './index.js';

const parameter = (name: string, shape: readonly number[], more: Partial<Parameter> = {}): Parameter => ({
  ...{ name, shape, draw: constant(7) },
  ...more,
});
const stage = (name: string, parameters: readonly Parameter[], more: Partial<StagePlan> = {}): StagePlan => ({
  ...{ name, parameters, open: new Set<string>(), foreign: [] },
  ...more,
});

async function fileOf(layout: Layout, values: readonly number[]): Promise<TensorFile> {
  const bytes = encodeWeights({ layout, metadata: {}, values: Float32Array.from(values) });
  const read = async (position: number, length: number) => bytes.slice(position, position + length);
  const limit = { headerBytes: 2 ** 20, tensorBytes: 2 ** 20 };
  return openTensors({ bytes: bytes.length, read }, limit, (problem) => {
    throw new Error(problem);
  });
}
const plan = ({ tensors }: TensorFile, ...stages: readonly StagePlan[]) =>
  importPlan({ file: 'old.safetensors', family: 'demo', tensors }, stages);

describe('what a model starts from', () => {
  it('is what the file has by its names, and what another program calls otherwise, turned to our order of axes', async () => {
    const file = await fileOf(
      [
        { name: 'features.0.weight', shape: [2, 1, 1, 3] },
        { name: 'head/bias', shape: [2] },
        { name: 'classifier.0.bias', shape: [1] },
      ],
      [1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
    const planned = plan(
      file,
      stage('train', [parameter('conv', [1, 3, 1, 2]), parameter('head/kernel', [3]), parameter('head/bias', [2])], {
        foreign: [{ tensor: 'conv', name: 'features.0.weight', axes: [2, 3, 1, 0] }],
      }),
    );
    expect(planned).toMatchObject({
      stages: [{ name: 'train', taken: ['conv', 'head/bias'], drawn: ['head/kernel'], open: [] }],
      unused: 1,
    });
    const { layout, values } = await takeTensors('old.safetensors', file, planned.take);
    expect(layout).toEqual([
      { name: 'conv', shape: [1, 3, 1, 2] },
      { name: 'head/bias', shape: [2] },
    ]);
    // [height, width, in, out]: the outputs of a place lie side by side.
    expect([...values]).toEqual([1, 4, 2, 5, 3, 6, 7, 8]);
    expect(sentencesOf('old.safetensors', planned)).toEqual([
      '2 tensors are taken from old.safetensors: conv, head/bias.',
      '1 tensor is drawn from the seed: head/kernel.',
      '1 tensor of old.safetensors fits nothing in the model.',
    ]);
  });

  it('is in each stage what the one before does not hand over, local tensors apart', async () => {
    const file = await fileOf(
      ['encoder', 'teacher', 'head', 'norm'].map((name) => ({ name, shape: [1] })),
      [1, 2, 3, 4],
    );
    const planned = plan(
      file,
      stage('first', [parameter('encoder', [1]), parameter('student', [1], { from: 'teacher' })]),
      stage('second', [
        parameter('encoder', [1], { scope: 'frozen' }),
        parameter('copy', [1], { from: 'student' }),
        parameter('head', [1]),
        parameter('norm', [1], { scope: 'local' }),
      ]),
    );
    expect(planned.stages).toEqual([
      { name: 'first', taken: ['encoder', 'student'], drawn: [], open: [] },
      { name: 'second', taken: ['head'], drawn: [], open: [] },
    ]);
    expect(planned.take.map(({ tensor }) => tensor)).toEqual(['encoder', 'teacher', 'head']);
    expect(sentencesOf('f', planned)[1]).toBe('Of stage second, 1 tensor is taken from f: head.');
  });

  it('waits with the shapes that follow from the features of the sites', async () => {
    const file = await fileOf([{ name: 'dense/kernel', shape: [4, 2] }], [1, 2, 3, 4, 5, 6, 7, 8]);
    const open = stage('train', [parameter('dense/kernel', [99, 2])], { open: new Set(['dense/kernel']) });
    expect(plan(file, open).stages[0]).toMatchObject({ taken: ['dense/kernel'], open: ['dense/kernel'] });
    expect(sentencesOf('f', plan(file, open))[1]).toBe(
      'The shape of dense/kernel is checked when the sites have said their features.',
    );
  });

  it('names the tensor and both shapes where one does not fit, of the same rank or another', async () => {
    const file = await fileOf([{ name: 'features.0.weight', shape: [2, 1] }], [1, 2]);
    expect(() => plan(file, stage('train', [parameter('features.0.weight', [1, 2])]))).toThrow(
      expect.objectContaining({
        code: 'CSM-IMPORT-SHAPE',
        details: { tensor: 'features.0.weight', given: '[2, 1]', wanted: '[1, 2]' },
      }),
    );
    const foreign = [{ tensor: 'conv', name: 'features.0.weight', axes: [2, 3, 1, 0] }];
    expect(() => plan(file, stage('train', [parameter('conv', [3, 3, 1, 2])], { foreign }))).toThrow(
      expect.objectContaining({ code: 'CSM-IMPORT-SHAPE' }),
    );
  });

  it('is refused where nothing of the file is known', async () => {
    const file = await fileOf([{ name: 'layer1.0.conv1.weight', shape: [1] }], [1]);
    expect(() => plan(file, stage('train', [parameter('dense', [1])]))).toThrow(
      expect.objectContaining({
        code: 'CSM-IMPORT-NOTHING',
        details: { file: 'old.safetensors', family: 'demo', tensors: 1 },
      }),
    );
  });

  it('is refused where a value is not finite', async () => {
    const file = await fileOf([{ name: 'dense', shape: [2] }], [1, Number.POSITIVE_INFINITY]);
    const { take } = plan(file, stage('train', [parameter('dense', [2])]));
    await expect(takeTensors('old.safetensors', file, take)).rejects.toMatchObject({
      code: 'CSM-IMPORT-FILE',
      details: { problem: 'dense holds a value that is not finite' },
    });
  });
});
