import type { ServerResponse } from 'node:http';
import { coded } from '@consilium/shared/errors';
import { systemClock } from '@consilium/shared/wire';
import { describe, expect, it } from 'vitest';
import { type Route, routeTo } from '../connection/index.js';
import { serve } from '../testing/file-server.js';
import { lateClock } from '../testing/late-clock.js';
import { examineClock, examineNetwork } from './network.js';
import { askCoordinator, type Reply } from './reply.js';

const now = () => new Date('2026-06-01T12:00:00.000Z');
const ask = (route: Route, signal: AbortSignal = new AbortController().signal) =>
  askCoordinator({ route, clock: systemClock, now, signal });
const healthy = (_: unknown, response: ServerResponse) =>
  void response.setHeader('date', 'Mon, 01 Jun 2026 11:59:59 GMT').end('{"status":"ok","version":"0.1.0"}');

describe('asking the coordinator', () => {
  it('reads its health and its clock', async () => {
    await using server = await serve(healthy);
    expect(await ask(routeTo({ address: server.url.origin }))).toEqual({
      status: 200,
      tookMs: expect.any(Number),
      receivedAt: now(),
      date: new Date('2026-06-01T11:59:59.000Z'),
      version: '0.1.0',
      certificate: null,
    });
  });

  it.each([
    ['a page', '<html>'],
    ['another program', '{"version":7}'],
    ['an endless answer', 'x'.repeat(200_000)],
  ])('knows %s from a coordinator', async (_, body) => {
    await using server = await serve((_request, response) => response.writeHead(404).end(body));
    expect(await ask(routeTo({ address: server.url.origin }))).toMatchObject({ status: 404, version: null });
  });

  it('says that nobody answers, or that the answer broke off', async () => {
    await expect(ask(routeTo({ address: 'http://127.0.0.1:1' }))).rejects.toMatchObject({
      code: 'CSM-HANDSHAKE-UNREACHABLE',
      details: { reason: 'ECONNREFUSED' },
    });
    await using broken = await serve((_, response) => response.socket?.destroy());
    await expect(ask(routeTo({ address: broken.url.origin }))).rejects.toMatchObject({
      code: 'CSM-HANDSHAKE-UNREACHABLE',
    });
  });

  it('names a proxy that refuses to dial', async () => {
    await using proxy = await serve((_, response) => response.end());
    const route = routeTo({ address: 'https://consilium.example.org', proxy: proxy.url.origin });
    await expect(ask(route)).rejects.toMatchObject({ code: 'CSM-HANDSHAKE-PROXY' });
  });

  it('says that the far side speaks no TLS', async () => {
    await using server = await serve(healthy);
    await expect(ask(routeTo({ address: `https://${server.url.host}` }))).rejects.toMatchObject({
      code: 'CSM-HANDSHAKE-TLS',
    });
  });

  it('ends with the signal, and gives up after a while', async () => {
    await using server = await serve(() => {});
    const route = routeTo({ address: server.url.origin });
    const stop = new AbortController();
    const asked = ask(route, stop.signal);
    stop.abort(new RangeError('enough'));
    await expect(asked).rejects.toThrow('enough');
    const late = askCoordinator({ route, clock: lateClock, now, signal: new AbortController().signal });
    await expect(late).rejects.toMatchObject({ code: 'CSM-HANDSHAKE-UNREACHABLE', details: { reason: 'no answer' } });
  });
});

const route: Route = { url: 'https://consilium.example.org', proxy: 'proxy:3128' };
const certificate = { issuer: 'Hospital Root', notAfter: new Date('2026-12-24T00:00:00Z') };
const reply: Reply = { status: 200, tookMs: 41.6, receivedAt: now(), date: now(), version: '0.1.0', certificate };

describe('the examination of the network', () => {
  it('says the way, the time and who vouches', () => {
    expect(examineNetwork(route, reply, now())).toMatchObject({
      state: 'ok',
      text:
        'https://consilium.example.org answers through the proxy proxy:3128 in 42 ms; ' +
        'certificate of Hospital Root until 2026-12-24',
    });
    const local = examineNetwork({ url: 'http://127.0.0.1:8443', proxy: null }, { ...reply, certificate: null }, now());
    expect(local.text).toContain('answers directly in 42 ms; plain HTTP');
  });

  it('tells what kept it', () => {
    const error = coded('CSM-HANDSHAKE-PROXY', { proxy: 'proxy:3128', reason: 'HTTP 407' });
    expect(examineNetwork(route, error, now())).toMatchObject({ state: 'fault', code: 'CSM-HANDSHAKE-PROXY' });
  });

  it('warns of an answer that is not the coordinator\u2019s, of one that cannot work, and of a certificate near its end', () => {
    expect(examineNetwork(route, { ...reply, version: null, status: 404 }, now())).toMatchObject({
      state: 'warning',
      code: 'CSM-CLI-ANSWER',
    });
    expect(examineNetwork(route, { ...reply, status: 503 }, now())).toMatchObject({ code: 'CSM-DOCTOR-COORDINATOR' });
    expect(examineNetwork(route, reply, new Date('2026-12-15T00:00:00Z'))).toMatchObject({
      code: 'CSM-DOCTOR-TLS-END',
    });
  });
});

describe('the examination of the clock', () => {
  const off = (ms: number) => ({ ...reply, receivedAt: new Date(now().getTime() + 500 + reply.tookMs / 2 + ms) });

  it('tolerates a minute', () => {
    expect(examineClock(off(0), now())).toMatchObject({ state: 'ok', text: "within 2 s of the coordinator's" });
    expect(examineClock(off(-59_000), now())).toMatchObject({ state: 'ok' });
  });

  it('warns of more, and fails where dates no longer mean the same', () => {
    expect(examineClock(off(-300_000), now())).toMatchObject({
      state: 'warning',
      text: "This machine's clock is 5 min behind the coordinator's; 60 s is tolerated.",
    });
    const ahead = examineClock(off(3 * 86_400_000), now());
    expect(ahead).toMatchObject({ state: 'fault', code: 'CSM-DOCTOR-CLOCK' });
    expect(ahead?.text).toContain('3 days ahead of');
  });

  it('is suspected where a certificate seems to have ended or not begun', () => {
    const tls = (reason: string) => coded('CSM-HANDSHAKE-TLS', { reason });
    expect(examineClock(tls('CERT_NOT_YET_VALID'), now())).toMatchObject({ code: 'CSM-DOCTOR-CLOCK-UNSURE' });
    expect(examineClock(tls('SELF_SIGNED_CERT_IN_CHAIN'), now())).toBeNull();
    expect(examineClock({ ...reply, date: null }, now())).toBeNull();
  });
});
