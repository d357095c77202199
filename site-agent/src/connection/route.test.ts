import { describe, expect, it } from 'vitest';
import { backoffMs } from './backoff.js';
import { routeTo } from './route.js';

const address = 'https://coordinator.hospital.example:7443';
const env = { HTTPS_PROXY: 'http://proxy.example:3128' };
const code = (value: string) => expect.objectContaining({ code: value });

describe('the way to the coordinator', () => {
  it('is direct without a proxy', () => {
    expect(routeTo({ address })).toEqual({ url: address, proxy: null });
  });

  it('goes through the proxy of the environment, or the one that is given, which goes first', () => {
    expect(routeTo({ address, env }).proxy).toBe('proxy.example:3128');
    expect(routeTo({ address, env: { https_proxy: 'http://low.example:1' } }).proxy).toBe('low.example:1');
    const given = routeTo({ address, env, proxy: 'http://user:hunter22@other.example:8080' });
    expect(given.proxy).toBe('other.example:8080');
  });

  it.each([
    ['*', true],
    ['coordinator.hospital.example', true],
    ['.hospital.example', true],
    ['*.hospital.example', true],
    ['hospital.example', true],
    ['a.example, HOSPITAL.example:7443', true],
    ['hospital.example:443', false],
    ['other.example', false],
    ['pital.example', false],
    ['', false],
  ])('with NO_PROXY=%s is direct: %s', (except, direct) => {
    expect(routeTo({ address, env: { ...env, NO_PROXY: except } }).proxy === null).toBe(direct);
  });

  it('on this machine passes by the proxy of the environment, and may be plain', () => {
    for (const local of ['http://127.0.0.1:7000', 'http://localhost:7000', 'http://[::1]:7000', 'https://localhost']) {
      expect(routeTo({ address: local, env }).proxy).toBeNull();
    }
  });

  it('is never plain http to another machine', () => {
    for (const bad of ['http://coordinator.example', 'http://127.0.0.1.evil.example', 'ftp://x', 'coordinator', '']) {
      expect(() => routeTo({ address: bad })).toThrow(code('CSM-HANDSHAKE-ADDRESS'));
    }
  });

  it('does not go through what is no proxy, and its error tells no password', () => {
    expect(() => routeTo({ address, proxy: 'socks5://user:hunter22@x' })).toThrow(
      expect.objectContaining({ code: 'CSM-HANDSHAKE-PROXY', message: expect.not.stringContaining('hunter22') }),
    );
  });

  it('trusts the public roots beside a private one', () => {
    const { ca } = routeTo({ address, ca: 'PEM' });
    expect(ca?.length).toBeGreaterThan(50);
    expect(ca?.at(-1)).toBe('PEM');
  });
});

it('the back-off doubles its ceiling up to a cap and spreads over all of it', () => {
  const backoff = { baseMs: 500, capMs: 30_000 };
  const ceilings = [1, 2, 3, 7, 50, 5000].map((failures) => backoffMs(failures, backoff, () => 1));
  expect(ceilings).toEqual([500, 1000, 2000, 30_000, 30_000, 30_000]);
  expect(backoffMs(3, backoff, () => 0)).toBe(0);
  expect(backoffMs(3, backoff, () => 0.25)).toBe(500);
});
