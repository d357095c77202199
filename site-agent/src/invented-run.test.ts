import { readdir } from 'node:fs/promises';
import { createIdentity } from '@consilium/shared/crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeCoordinator } from './testing/fake-coordinator.js';
import { type TinySite, tinySite } from './testing/tiny-site.js';

describe('a run that the lead did not sign', () => {
  let site: TinySite;
  beforeEach(async () => {
    site = await tinySite();
  });
  afterEach(() => site.remove());

  it('leaves nothing on the disk, and its contract may be small alone', async () => {
    const signed = site.signed({ run: 'f'.repeat(32), lead: createIdentity() });
    const coordinator = fakeCoordinator({ signed, site: site.identity.publicKey });
    const limits: (number | undefined)[] = [];
    const { connection } = coordinator;
    const agent = await site.start({
      ...coordinator,
      connection: {
        ...connection,
        fetch(blob, sink, options) {
          limits.push(options?.maxBytes);
          return connection.fetch(blob, sink, options);
        },
      },
    });
    const declined = await coordinator.until(({ activity }) => activity === 'declined');
    await agent.close();
    expect(declined).toMatchObject({ run: 'f'.repeat(32), error: { code: 'CSM-CONTRACT-SIGNATURE' } });
    expect(await readdir(site.home.runs)).toEqual([]);
    expect(limits).toEqual([64 * 2 ** 20]);
  });
});
