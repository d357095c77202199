import { coded } from '@consilium/shared/errors';
import { type SignedManifest, type SiteMessage, signedManifest } from '@consilium/shared/wire';
import { beforeEach, describe, expect, it } from 'vitest';
import { createSubmissions, type Submissions } from './submissions.js';

const hash = '1'.repeat(64);
const contribution: SignedManifest = signedManifest.parse({
  manifest: {
    ...{
      consortium: 'c'.repeat(32),
      run: 'a'.repeat(32),
      contract: hash,
      step: 'train:0:1',
      site: 'north',
      base: hash,
    },
    ...{ kind: 'update', codec: 'f32', samples: 30, hash, bytes: 100 },
  },
  signature: 'A'.repeat(86),
});
const { run, step } = contribution.manifest;
const left = coded('CSM-AGENT-LEFT', { run });
/** Until all that was asked before has been answered. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('a contribution that waits for its verdict', () => {
  let sent: SiteMessage[];
  let submissions: Submissions;
  beforeEach(() => {
    sent = [];
    submissions = createSubmissions((message) => sent.push(message));
  });

  it('is sent again on each new link until it is judged', async () => {
    const verdict = submissions.submit(contribution);
    submissions.sendAll();
    await settled();
    expect(sent).toHaveLength(2);
    const judged = { type: 'verdict', outcome: 'accepted', run, step, hash: contribution.manifest.hash } as const;
    submissions.settle(judged);
    expect(await verdict).toEqual(judged);
    submissions.sendAll();
    await settled();
    expect(sent).toHaveLength(2);
  });

  it('is not sent on the next link where it may not leave by then', async () => {
    let isLeft = false;
    const allow = async () => {
      if (isLeft) throw left;
    };
    const verdict = submissions.submit(contribution, { allow });
    await settled();
    isLeft = true;
    submissions.sendAll();
    await expect(verdict).rejects.toBe(left);
    submissions.sendAll();
    await settled();
    expect(sent).toHaveLength(1);
  });

  it('is not sent at all where it may not leave', async () => {
    await expect(submissions.submit(contribution, { allow: () => Promise.reject(left) })).rejects.toBe(left);
    expect(sent).toEqual([]);
  });

  it('is taken back by who handed it in, and may be handed in anew', async () => {
    const over = new AbortController();
    const verdict = submissions.submit(contribution, { signal: over.signal });
    await settled();
    over.abort(left);
    await expect(verdict).rejects.toBe(left);
    submissions.sendAll();
    await settled();
    expect(sent).toHaveLength(1);
    await expect(submissions.submit(contribution, { signal: over.signal })).rejects.toBe(left);
    void submissions.submit(contribution);
    await settled();
    expect(sent).toHaveLength(2);
  });
});
