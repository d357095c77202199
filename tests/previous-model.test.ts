import { sha256 } from '@consilium/shared/canonical';
import { makeContract, signContract } from '@consilium/shared/contract';
import { sign } from '@consilium/shared/crypto';
import { asCoded } from '@consilium/shared/errors';
import { type BlobHash, runId } from '@consilium/shared/ids';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Consortium, openConsortium } from './harness/consortium.js';
import { lightRun } from './harness/lead.js';
import { type Deliver, deliverHonestly } from './harness/light-site.js';

const runFile = lightRun({ validation: { share: 0, previous: 'before' } });

describe('a run that judges the result of an earlier one', () => {
  let consortium: Consortium;
  /** What came of fetching the first piece, by step. */
  const fetched = new Map<string, string>();
  let asked: BlobHash | null = null;

  const fetchToo: Deliver = async (delivery) => {
    const { step } = delivery.task.work;
    if (asked !== null) {
      const answer = await delivery.fetch(asked).then(
        (bytes) => Buffer.from(bytes).toString(),
        (thrown: unknown) => asCoded(thrown).code,
      );
      fetched.set(step, answer);
    }
    return deliverHonestly(delivery);
  };

  beforeAll(async () => {
    consortium = await openConsortium();
    await consortium.join('hospital-a', { deliver: fetchToo });
  });
  afterAll(() => consortium[Symbol.asyncDispose]());

  let launched = 0;
  const launch = (parts: readonly BlobHash[], changes: object = {}) => {
    const { lead } = consortium;
    const terms = makeContract({
      ...{ runFile, files: {}, consortium: lead.consortium, notAfter: new Date(Date.now() + 3_600_000) },
      run: runId.parse(String(launched++).padStart(32, '0')),
      ...(parts.length > 0 && { previous: { model: sha256(Buffer.from('its model')), parts: [...parts] } }),
      ...changes,
    });
    return lead.launch(signContract(terms, (domain, bytes) => sign(lead.identity, domain, bytes)));
  };
  const send = async (text: string): Promise<BlobHash> => {
    const body = { bytes: Buffer.from(text).toString('base64') };
    return (await consortium.lead.call<{ sha256: BlobHash }>('POST', '/api/weights', body)).sha256;
  };

  it('gives it to sites in the final test, and not before; forgets it when the run is over', async () => {
    const parts = [await send('its first piece'), await send('its second piece')];
    asked = parts[0]!;
    const { run } = await launch(parts);
    await consortium.until(run, ({ phase }) => phase === 'closed');
    expect(Object.fromEntries(fetched)).toEqual({
      'prepare:cohort:1': 'CSM-ACCESS-BLOB',
      'prepare:scale:1': 'CSM-ACCESS-BLOB',
      'train:0:1': 'CSM-ACCESS-BLOB',
      'train:0:2': 'CSM-ACCESS-BLOB',
      test: 'its first piece',
    });
    const codeOf = (work: Promise<unknown>) =>
      work.then(
        () => 'kept',
        ({ code }) => code,
      );
    await expect.poll(() => codeOf(launch(parts))).toBe('CSM-RUN-WEIGHTS');
  });

  it('is not launched without it, nor with what it does not name', async () => {
    asked = null;
    await expect(launch([])).rejects.toMatchObject({ code: 'CSM-RUN-WEIGHTS' });
    await expect(launch([sha256(Buffer.from('never sent'))])).rejects.toMatchObject({ code: 'CSM-RUN-WEIGHTS' });
    const parts = [await send('a piece')];
    const plain = { runFile: lightRun({ validation: { share: 0 } }) };
    await expect(launch(parts, plain)).rejects.toMatchObject({ code: 'CSM-RUN-WEIGHTS' });
  });
});
