import { randomBytes } from 'node:crypto';
import type { Channel, Identity } from '@consilium/shared/crypto';
import type { SiteId } from '@consilium/shared/ids';
import { frameBytes, maxMessageBytes } from '@consilium/shared/wire';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Consortium, openConsortium } from './harness/consortium.js';
import { createGate } from './harness/gate.js';
import { deliverHonestly, type LightSite } from './harness/light-site.js';
import { createCleanUp } from './transport/kit.js';
import { rawSite } from './transport/raw-site.js';

/** The last number a transfer can have: nothing that a message opened before it is greater. */
const lastTransfer = 0xffff_ffff;
const hash = 'ab'.repeat(32);

describe('an approved agent that breaks the protocol while a run waits for it', () => {
  let consortium: Consortium;
  let run: string;
  let honest: readonly [LightSite, LightSite];
  let hostile: Identity;
  const gate = createGate();
  const cleanUp = createCleanUp();
  const statesOfHonest = new Set<string>();

  beforeAll(async () => {
    consortium = await openConsortium();
    const { lead } = consortium;
    const join = (name: string) =>
      consortium.join(name, {
        deliver: async (delivery) => {
          if (delivery.task.step.kind === 'train') await gate.opened;
          return deliverHonestly(delivery);
        },
      });
    honest = [await join('hospital-a'), await join('hospital-b')];
    for (const { connection } of honest) connection.onState(({ kind }) => statesOfHonest.add(kind));
    const agent = await join('hospital-h');
    hostile = agent.identity;
    const training = { rounds: 1, optimizer: { name: 'sgd', rate: 0.1 } };
    ({ run } = await lead.launch(lead.contract({ training, participation: { quorum: 2 } })));
    await consortium.until(run, ({ step }) => step === 'train:0:1');
    await agent.close();
  });
  afterAll(async () => {
    await cleanUp.run();
    await consortium[Symbol.asyncDispose]();
  });

  async function peer(): Promise<ReturnType<typeof rawSite> & { readonly channel: Channel }> {
    const { lead } = consortium;
    const trust = { lead: lead.identity.publicKey, consortium: lead.consortium, site: 'hospital-h' as SiteId };
    const raw = rawSite(cleanUp, consortium.coordinator().url, hostile, trust);
    await raw.connected;
    return { ...raw, channel: await raw.shake() };
  }

  const upload = (transfer: number) => ({
    type: 'open',
    transfer,
    direction: 'upload',
    run,
    step: 'train:0:1',
    hash,
    bytes: 4096,
    window: frameBytes,
  });

  /** Well-formed messages, as any of which a mutated one may begin. */
  const messages = (): readonly Readonly<Record<string, unknown>>[] => {
    const manifest = {
      consortium: consortium.lead.consortium,
      run,
      contract: hash,
      step: 'train:0:1',
      site: 'hospital-h',
      base: hash,
      kind: 'update',
      codec: 'f32',
      samples: 40,
      hash,
      bytes: 4096,
    };
    const error = { code: 'CSM-INTERNAL', details: { kind: 'Error' } };
    return [
      {
        type: 'status',
        instance: '0123456789abcdef',
        version: '0.1.0',
        node: 'v20.19.0',
        backend: null,
        run,
        step: 'train:0:1',
        activity: 'training',
        progress: { done: 3, total: 9, unit: 'batches' },
        error: null,
      },
      { type: 'submit', contribution: { manifest, signature: 'A'.repeat(86) } },
      { type: 'submit', ...manifest },
      upload(1),
      { ...upload(1), direction: 'download', bytes: 0 },
      { type: 'ack', transfer: 1, offset: 0 },
      { type: 'commit', transfer: 1 },
      { type: 'abort', transfer: 1, error },
    ];
  };

  it.each(['control message', 'frame'] as const)('is sent away with a code when it replays a %s', async (kind) => {
    const { channel, say, hear, farewell } = await peer();
    say(channel.sealControl(upload(1)));
    await hear('opened');
    const sealed =
      kind === 'frame'
        ? channel.sealFrame({ transfer: 1, offset: 0, bytes: randomBytes(64) })
        : channel.sealControl(upload(2));
    say(sealed);
    say(sealed);
    expect(await farewell()).toBe('CSM-CHANNEL-SEQUENCE');
  });

  it('is sent away with a code when a frame was altered on its way, whichever byte', async () => {
    for (const share of [0, 0.3, 0.6, 1]) {
      const { channel, say, hear, farewell } = await peer();
      say(channel.sealControl(upload(1)));
      await hear('opened');
      const sealed = Buffer.from(channel.sealFrame({ transfer: 1, offset: 0, bytes: randomBytes(1000) }));
      sealed[Math.round(share * (sealed.length - 1))]! ^= 1;
      say(sealed);
      expect(await farewell()).toMatch(/^CSM-CHANNEL-(?:SEAL|FORMAT|SEQUENCE)$/);
    }
  });

  it('is cut off when its message is larger than a frame', async () => {
    const { say, gone } = await peer();
    say(randomBytes(maxMessageBytes + 1));
    await gone;
  });

  it('is sent away with a code for any value that is no message', async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string(), fc.jsonValue()), async (value) => {
        const { channel, say, farewell } = await peer();
        say(channel.sealControl(value));
        expect(await farewell()).toBe('CSM-WIRE-MALFORMED');
      }),
      { numRuns: 15 },
    );
  });

  it('is sent away, refused, or served as ever, when one member of a good message is another value', async () => {
    const good = messages();
    const mutated = fc
      .constantFrom(...good)
      .chain((message) => fc.tuple(fc.constant(message), fc.constantFrom(...Object.keys(message)), fc.jsonValue()))
      .map(([message, name, value]) => ({ ...message, [name]: value }));
    await fc.assert(
      fc.asyncProperty(mutated, async (message) => {
        const { channel, say, heard, farewell } = await peer();
        say(channel.sealControl(message));
        say(channel.sealControl({ ...upload(lastTransfer), direction: 'download', bytes: 0 }));
        const answered = heard
          .until((seen) => seen.some(({ type, transfer }) => type === 'abort' && transfer === lastTransfer))
          .then(() => 'CSM-ACCESS-BLOB');
        expect(await Promise.race([answered, farewell()])).toMatch(/^CSM-(?:ACCESS-BLOB|WIRE-MALFORMED)$/);
      }),
      { numRuns: 40 },
    );
  });

  it('harms nobody: the run goes on to its end, and says who was missing', async () => {
    gate.open();
    await consortium.lead.revoke('hospital-h' as SiteId, hostile.publicKey);
    const view = await consortium.until(run, ({ phase }) => phase === 'closed');
    expect(view).toMatchObject({ outcome: 'degraded', error: null });
    const missing = view.coverage.sites.filter((site) => site.missing.length > 0);
    expect(missing.map(({ site }) => site)).toEqual(['hospital-h']);
    expect(honest.flatMap(({ faults }) => faults)).toEqual([]);
    expect([...statesOfHonest]).toEqual(['connected']);
    await consortium.journal(run);
    expect((await consortium.model(run)).values.every(Number.isFinite)).toBe(true);
  });
});
