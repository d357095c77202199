import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRunFile } from '@consilium/shared/contract';
import { decodeWeights, encodeWeights } from '@consilium/shared/weights';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCarried, sealCarried } from './carried-file.js';
import { codeUpdate } from './code-update.js';

const run = (update: string) =>
  readRunFile(`name: example
model: { family: attention-aml, preset: small, classes: [x, y] }
data: { kind: expression-table, label: label, files: { features: table.csv } }
training: { rounds: 2, optimizer: { name: sgd, rate: 0.1 }${update} }
stages: [{ name: train }, { name: train }]
`);
const int8 = run(', update: { codec: int8 }');
const weights = (values: Float32Array) =>
  encodeWeights({ layout: [{ name: 'a', shape: [300] }], metadata: { format: 'consilium-weights-1' }, values });
const base = weights(new Float32Array(300));
const trained = weights(Float32Array.from({ length: 300 }, (_, i) => Math.sin(i)));
const round = { run: int8, stage: 0, base, trained, onward: null };

describe('a trained round', () => {
  it('is sent as it is, and leaves nothing, where the run says nothing of codecs', () => {
    expect(codeUpdate({ ...round, run: run('') })).toEqual({ update: trained, onward: null });
  });

  it('leaves to the next of its stage what coding lost, which changes what that one sends', () => {
    const first = codeUpdate(round);
    const second = codeUpdate({ ...round, onward: first.onward });
    expect(decodeWeights(first.onward!).values.some((value) => value !== 0)).toBe(true);
    expect(second.update).not.toEqual(first.update);
    expect(codeUpdate({ ...round, onward: first.onward, stage: 1 }).update).toEqual(first.update);
  });

  it('leaves nothing and takes nothing without error feedback', () => {
    const without = { ...round, run: run(', update: { codec: int8, errorFeedback: false }') };
    const { onward } = codeUpdate(round);
    expect(codeUpdate({ ...without, onward })).toEqual({ update: codeUpdate(round).update, onward: null });
  });

  it('does not send what its stage keeps as it is', () => {
    const frozen = run(', update: { codec: int8 }, rates: { a: 0 }');
    const whole = codeUpdate(round).update.length;
    expect(codeUpdate({ ...round, run: frozen }).update.length).toBeLessThan(whole - 300);
    expect(codeUpdate({ ...round, run: run(', rates: { a: 0 }') }).update).toBe(trained);
  });

  it('that leads beyond float32 is not sent', () => {
    const far = weights(new Float32Array(300).fill(3.4e38));
    const code = 'CSM-TRAINER-DIVERGED';
    expect(() => codeUpdate({ ...round, run: run(', update: { codec: bf16 }'), trained: far })).toThrow(
      expect.objectContaining({ code, details: { tensor: 'a' } }),
    );
  });
});

describe('a carried file', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'consilium-carried-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is read as it was written; none is no fault; any bit altered, cut off or added is', async () => {
    const path = join(folder, 'train-0-1.carried');
    expect(await readCarried(path)).toBeNull();
    const sealed = sealCarried(base);
    await writeFile(path, sealed);
    expect(Buffer.compare((await readCarried(path))!, base)).toBe(0);
    const flipped = (at: number) => {
      const bytes = Buffer.from(sealed);
      bytes[at]! ^= 1;
      return bytes;
    };
    const longer = Buffer.concat([await readFile(path), Buffer.of(0)]);
    const altered = [flipped(0), flipped(700), flipped(sealed.length - 1), sealed.subarray(1), longer, Buffer.of()];
    for (const bytes of altered) {
      await writeFile(path, bytes);
      const details = { file: 'train-0-1.carried' };
      await expect(readCarried(path)).rejects.toMatchObject({ code: 'CSM-AGENT-CARRIED', details });
    }
  });
});
