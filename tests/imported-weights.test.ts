import { initialWeights } from '@consilium/models/families';
import { sha256 } from '@consilium/shared/canonical';
import { makeContract, signContract } from '@consilium/shared/contract';
import { sign } from '@consilium/shared/crypto';
import { type BlobHash, runId } from '@consilium/shared/ids';
import { digest, encodeWeights, type Layout, type Weights } from '@consilium/shared/weights';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Consortium, openConsortium } from './harness/consortium.js';
import { lightRun } from './harness/lead.js';

const runFile = lightRun({
  model: {
    ...{ family: 'attention-aml', preset: 'small', classes: ['x', 'y', 'z'] },
    weights: { file: 'old.safetensors' },
  },
});
const wanted = {
  ...{ family: 'attention-aml', preset: 'small', options: {}, classes: 3, stage: 'train', seed: runFile.seed },
  // What light sites say they have.
  input: { kind: 'rows' as const, width: 8 },
};
const earlier = (values: readonly number[], ...layout: Layout): Weights => ({
  ...{ layout, metadata: {}, values: Float32Array.from(values) },
});

describe('a run that starts from earlier weights', () => {
  let consortium: Consortium;
  beforeAll(async () => {
    consortium = await openConsortium();
    for (const name of ['hospital-a', 'hospital-b', 'hospital-c']) await consortium.join(name);
  });
  afterAll(() => consortium[Symbol.asyncDispose]());

  let launched = 0;
  const launch = (parts: readonly BlobHash[]) => {
    const { lead } = consortium;
    const terms = makeContract({
      ...{ runFile, files: {}, consortium: lead.consortium, notAfter: new Date(Date.now() + 3_600_000) },
      run: runId.parse(String(launched++).padStart(32, '0')),
      weights: { sha256: sha256(Buffer.from('the file of the lead')), parts: [...parts] },
    });
    return lead.launch(signContract(terms, (domain, bytes) => sign(lead.identity, domain, bytes)));
  };
  const send = async (bytes: Uint8Array): Promise<BlobHash> => {
    const body = { bytes: Buffer.from(bytes).toString('base64') };
    return (await consortium.lead.call<{ sha256: BlobHash }>('POST', '/api/weights', body)).sha256;
  };

  it('begins its first round with them, whatever parts they came in', async () => {
    const imported = earlier([1, 2, 3], { name: 'head/bias', shape: [3] });
    const file = encodeWeights(imported);
    const { run } = await launch([await send(file.subarray(0, 50)), await send(file.subarray(50))]);
    expect(await consortium.until(run, ({ phase }) => phase === 'closed')).toMatchObject({ outcome: 'complete' });
    const journal = await consortium.journal(run);
    const started = journal.find(({ type, body }) => type === 'step-done' && body.step === 'initial');
    const { shared } = initialWeights({ ...wanted, imported });
    expect([...shared.values.slice(-3)]).toEqual([1, 2, 3]);
    expect(started?.body.output).toMatchObject({ model: digest(shared) });
    expect(digest(shared)).not.toBe(digest(initialWeights(wanted).shared));
  });

  it('fails with both shapes where they do not fit what the sites have', async () => {
    const shape = [4, 32];
    const kernel = earlier(new Array<number>(128).fill(0), { name: 'dense1/kernel', shape });
    const { run } = await launch([await send(encodeWeights(kernel))]);
    const view = await consortium.until(run, ({ phase }) => phase === 'closed');
    expect(view).toMatchObject({
      outcome: 'failed',
      error: { code: 'CSM-IMPORT-SHAPE', details: { tensor: 'dense1/kernel', given: '[4, 32]' } },
    });
  });

  it('is not launched without them', async () => {
    const known = await send(encodeWeights(earlier([1, 2, 3], { name: 'head/bias', shape: [3] })));
    for (const parts of [[sha256(Buffer.from('never sent'))], [known, sha256(Buffer.from('nor this'))]]) {
      await expect(launch(parts)).rejects.toMatchObject({ code: 'CSM-RUN-WEIGHTS' });
    }
    const contract = consortium.lead.contract({ model: runFile.model });
    await expect(consortium.lead.launch(contract)).rejects.toMatchObject({ code: 'CSM-RUN-WEIGHTS' });
  });

  it('has its parts forgotten when it is over', async () => {
    const part = await send(encodeWeights(earlier([5, 5, 5], { name: 'head/bias', shape: [3] })));
    const { run } = await launch([part]);
    await consortium.until(run, ({ phase }) => phase === 'closed');
    await expect
      .poll(() =>
        launch([part]).then(
          () => 'kept',
          ({ code }) => code,
        ),
      )
      .toBe('CSM-RUN-WEIGHTS');
  });
});
