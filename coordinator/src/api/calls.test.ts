import { once } from 'node:events';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { createIdentity } from '@consilium/shared/crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { exampleView, fakeRuns } from './testing/fake-runs.js';
import { openStage, refusalOf, type Stage } from './testing/stage.js';

const view = exampleView();
const command = `/api/runs/${view.run}/command`;
const stop = { command: 'stop' };
let stage: Stage;

beforeEach(async () => {
  stage = await openStage({ runs: fakeRuns([view]) });
});
afterEach(() => stage.close());

const codeOf = async (response: Response) => {
  const { status, code } = await refusalOf(response);
  return { status, code };
};

describe('a call of the lead', () => {
  it('is done when it is signed by the lead', async () => {
    const response = await stage.call('POST', command, stop);
    expect(response.status).toBe(200);
    expect(stage.runs.commands).toEqual([{ run: view.run, command: 'stop' }]);
  });

  it('is refused without a signature', async () => {
    const response = await fetch(stage.url + command, { method: 'POST', body: JSON.stringify(stop) });
    expect(await codeOf(response)).toEqual({ status: 401, code: 'CSM-API-CALLER' });
  });

  it('is refused from another key', async () => {
    const response = await stage.call('POST', command, stop, { lead: createIdentity() });
    expect(await codeOf(response)).toEqual({ status: 401, code: 'CSM-API-CALLER' });
  });

  it("is refused under the lead's key but by another one's signature", async () => {
    const thief = { ...createIdentity(), publicKey: stage.lead.publicKey };
    const response = await stage.call('POST', command, stop, { lead: thief });
    expect(await codeOf(response)).toEqual({ status: 401, code: 'CSM-API-SIGNATURE' });
  });

  it('is refused with a body that the lead did not sign', async () => {
    const response = await stage.call('POST', command, stop, { signedBody: { command: 'pause' } });
    expect(await codeOf(response)).toEqual({ status: 401, code: 'CSM-API-SIGNATURE' });
  });

  it('is refused at a path or with a query that the lead did not sign', async () => {
    const other = await stage.call('POST', command, stop, { signedPath: '/api/runs' });
    const query = await stage.call('GET', '/api/runs?a=1', undefined, { signedPath: '/api/runs' });
    expect(await codeOf(other)).toEqual({ status: 401, code: 'CSM-API-SIGNATURE' });
    expect(await codeOf(query)).toEqual({ status: 401, code: 'CSM-API-SIGNATURE' });
  });

  it.each([-61_000, 61_000])("is refused %i ms away from the coordinator's clock", async (apart) => {
    const now = new Date(stage.now().getTime() + apart);
    const response = await stage.call('POST', command, stop, { now });
    expect(await codeOf(response)).toEqual({ status: 401, code: 'CSM-API-CLOCK' });
  });

  it('is taken 59 s away from it', async () => {
    const now = new Date(stage.now().getTime() - 59_000);
    expect((await stage.call('POST', command, stop, { now })).status).toBe(200);
  });

  it('counts once: the very same call again is refused, also when the clock moves', async () => {
    const { signCall } = await import('../lead/index.js');
    const { randomBytes } = await import('node:crypto');
    const body = Buffer.from(JSON.stringify(stop));
    const signed = signCall(stage.lead, {
      method: 'POST',
      path: command,
      consortium: stage.consortium,
      body,
      now: new Date(stage.now().getTime() + 50_000),
      random: randomBytes,
    });
    const headers = { ...signed, 'content-type': 'application/json' };
    const send = () => fetch(stage.url + command, { method: 'POST', headers, body });
    expect((await send()).status).toBe(200);
    expect(await codeOf(await send())).toEqual({ status: 401, code: 'CSM-API-REPLAYED' });
    stage.advance(100_000);
    expect(await codeOf(await send())).toEqual({ status: 401, code: 'CSM-API-REPLAYED' });
    expect(stage.runs.commands).toHaveLength(1);
  });

  it('is refused when its content is not as described, naming the place', async () => {
    const response = await stage.call('POST', command, { command: 'explode' });
    expect(await refusalOf(response)).toMatchObject({ status: 422, details: { path: 'body.command' } });
    expect(await codeOf(await stage.call('GET', '/api/runs/zz'))).toEqual({ status: 422, code: 'CSM-API-BODY' });
  });

  it('is refused, in front of its body, when that is too large', async () => {
    const response = await stage.call('POST', command, { command: 'x'.repeat(17 * 2 ** 20) });
    expect(await codeOf(response)).toEqual({ status: 413, code: 'CSM-API-TOO-LARGE' });
  });

  it('is refused before its body comes when only the key in its headers is that of the lead', async () => {
    const { port } = new URL(stage.url);
    const forged = {
      ...{ 'consilium-key': stage.lead.publicKey, 'consilium-time': stage.now().toISOString() },
      ...{ 'consilium-nonce': 'A'.repeat(22), 'consilium-body': 'ab'.repeat(32) },
      ...{ 'consilium-signature': 'A'.repeat(86), 'content-length': String(16 * 2 ** 20) },
    };
    const call = request({ host: '127.0.0.1', port, method: 'POST', path: '/api/invitations', headers: forged });
    call.flushHeaders();
    const [answer] = await once(call, 'response');
    expect(answer.statusCode).toBe(401);
    expect(JSON.parse(await text(answer)).error.code).toBe('CSM-API-SIGNATURE');
    call.destroy();
  });

  it('passes the coded errors of the runs on', async () => {
    const response = await stage.call('GET', `/api/runs/${'0'.repeat(32)}`);
    expect(await codeOf(response)).toEqual({ status: 404, code: 'CSM-RUN-UNKNOWN' });
  });
});

describe('anybody', () => {
  it('may ask for health and identity', async () => {
    const health = await (await fetch(`${stage.url}/healthz`)).json();
    expect(health).toEqual({ status: 'ok', version: '0.0.0-test', storeWritable: true, uptimeSeconds: 0 });
    const identity = await (await fetch(`${stage.url}/api/identity`)).json();
    expect(identity).toMatchObject({ publicKey: stage.coordinator.publicKey, certificate: null });
  });

  it('gets 503 from a coordinator that cannot write', async () => {
    const failing = await openStage({ storeWritable: async () => false });
    const response = await fetch(`${failing.url}/healthz`);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ status: 'failing' });
    await failing.close();
  });

  it('makes the coordinator look at its store once a second at most, however many ask for its health', async () => {
    let looks = 0;
    let answer = (_writable: boolean): void => {};
    const asked = await openStage({
      storeWritable: () => {
        looks += 1;
        return new Promise((resolve) => {
          answer = resolve;
        });
      },
    });
    const ask = () => fetch(`${asked.url}/healthz`).then(({ status }) => status);
    const statuses = Promise.all(Array.from({ length: 20 }, ask));
    await vi.waitFor(() => expect(looks).toBe(1), { timeout: 120_000 });
    answer(true);
    expect(new Set(await statuses)).toEqual(new Set([200]));
    expect(looks).toBe(1);
    asked.advance(1_000);
    const next = ask();
    await vi.waitFor(() => expect(looks).toBe(2), { timeout: 120_000 });
    answer(false);
    expect(await next).toBe(503);
    expect(await ask()).toBe(503);
    expect(looks).toBe(2);
    await asked.close();
  });

  it.each(['/api/runs', '/api/sites', '/api/events', '/api/me'])('may not read %s', async (path) => {
    expect(await codeOf(await fetch(stage.url + path))).toEqual({ status: 401, code: 'CSM-API-SIGNED-OUT' });
  });

  it.each(['/nothing', '/api/nothing', '/../package.json', '/%E0%A4%A'])('learns nothing of %s', async (path) => {
    const response = await fetch(stage.url + path);
    const text = await response.text();
    expect(response.status).toBeGreaterThanOrEqual(404);
    expect(response.status).toBeLessThan(500);
    expect(JSON.parse(text).error.code).toMatch(/^CSM-API-/);
    expect(text).not.toMatch(/\.[jt]s:\d|node_modules/);
  });

  it('gets strict headers, and no word of the machinery', async () => {
    const { headers } = await fetch(`${stage.url}/healthz`);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('content-security-policy')).not.toContain('unsafe');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('x-powered-by')).toBeNull();
  });
});

describe('an unexpected fault', () => {
  it('is answered without its text', async () => {
    const broken = { ...fakeRuns(), list: () => Promise.reject(new Error('secret path /etc/x')) };
    const faulty = await openStage({ runs: broken });
    const response = await faulty.call('GET', '/api/runs');
    const text = await response.text();
    expect(response.status).toBe(500);
    expect(JSON.parse(text).error.code).toBe('CSM-INTERNAL');
    expect(text).not.toContain('secret');
    await faulty.close();
  });
});
