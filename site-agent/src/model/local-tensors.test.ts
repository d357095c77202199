import { useBackend } from '@consilium/models/backend';
import { batchNormParameters, batchNormStatistics, type Parameter, withScope } from '@consilium/models/layers';
import { assignTensors, classifier, openModel, readTensors, rowsFeed } from '@consilium/models/training';
import { beforeAll, describe, expect, it } from 'vitest';
import { assignLocal, encodeLocal } from './local-tensors.js';

const norm = (name: string, channels: number): readonly Parameter[] =>
  withScope([...batchNormParameters(name, channels), ...batchNormStatistics(name, channels)], 'local');

const model = (parameters: readonly Parameter[]) =>
  openModel({
    ...{ family: 'toy', preset: 'small', stage: 'train', parameters, seed: 1 },
    network: () => ({ classes: 2, ...classifier({ feed: rowsFeed, logits: (x) => x, classes: 2 }) }),
  });

beforeAll(() => useBackend('cpu'));

describe('the tensors that stay at a site', () => {
  it('are read again as they were written', async () => {
    const [first, again] = [model(norm('one', 2)), model(norm('one', 2))];
    const drawn = await readTensors(again.local);
    assignTensors(first.local, Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    assignLocal(again, drawn, await encodeLocal(first));
    expect([...(await readTensors(again.local))]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('start as they were drawn where nothing was written, or something of another shape', async () => {
    const [written, other] = [
      model([...norm('one', 2), ...norm('two', 1)]),
      model([...norm('one', 2), ...norm('two', 3)]),
    ];
    const drawn = await readTensors(other.local);
    assignTensors(
      written.local,
      Float32Array.from({ length: 12 }, () => 9),
    );
    assignLocal(other, drawn, await encodeLocal(written));
    expect([...(await readTensors(other.local))]).toEqual([
      ...Array.from({ length: 8 }, () => 9),
      ...[1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1],
    ]);
    assignLocal(other, drawn, null);
    expect(await readTensors(other.local)).toEqual(drawn);
  });

  it('are none where all of a model is shared', async () => {
    expect(await encodeLocal(model([]))).toBeNull();
  });

  it('are not kept when training has gone astray', async () => {
    const astray = model(norm('one', 1));
    assignTensors(astray.local, Float32Array.of(1, Number.NaN, 0, 1));
    await expect(encodeLocal(astray)).rejects.toMatchObject({ code: 'CSM-TRAINER-DIVERGED' });
  });
});
