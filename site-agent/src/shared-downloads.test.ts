import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeCoordinator, fakeCoordinator } from './testing/fake-coordinator.js';
import { type TinySite, tinySite } from './testing/tiny-site.js';

describe('a download', () => {
  let site: TinySite;
  beforeEach(async () => {
    site = await tinySite();
  });
  afterEach(() => site.remove());

  const coordinatorOf = (run: string) =>
    fakeCoordinator({ signed: site.signed({ rounds: 1, run: run.repeat(32) }), site: site.identity.publicKey });
  const untilTraining = async (coordinator: FakeCoordinator): Promise<void> => {
    const agent = await site.start(coordinator);
    await coordinator.until(({ activity }) => activity === 'training');
    await agent.close();
    coordinator.forgetAgent();
  };

  it('of what the site has costs nothing: neither after a restart nor in another run that starts from it', async () => {
    const first = coordinatorOf('1');
    await untilTraining(first);
    const model = first.model()!;
    const bytes = first.blob(model)!.length;
    expect(first.fetched.get(model)).toBe(bytes);

    const before = new Map(first.fetched);
    await untilTraining(first);
    expect(first.fetched).toEqual(before);

    const second = coordinatorOf('2');
    await untilTraining(second);
    expect(second.model()).toBe(model);
    expect(second.fetched.has(model)).toBe(false);
    expect(second.fetched.size).toBeGreaterThan(0);
  });
});
