import { request } from 'node:http';
import { afterEach, expect, it } from 'vitest';
import { openStage, refusalOf, type Stage, stageToken } from './testing/stage.js';

const metrics = { text: async () => 'consilium_sessions 2\n' };
let stage: Stage;
afterEach(() => stage.close());

const read = (headers: Record<string, string> = {}) => fetch(`${stage.url}/metrics`, { headers });
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** Status of a call that names the coordinator as the test says; `fetch` does not let it. */
const statusUnder = (host: string) =>
  new Promise<number | undefined>((resolve, reject) => {
    const call = request(`${stage.url}/metrics`, { headers: { host }, agent: false }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode));
    });
    call.once('error', reject);
    call.end();
  });

it('answers who has the token, also through a proxy', async () => {
  stage = await openStage({ metrics, behindProxy: true });
  const response = await read({ ...bearer(stageToken), 'x-forwarded-for': '203.0.113.7' });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(await response.text()).toBe('consilium_sessions 2\n');
});

it.each([
  {},
  bearer(''),
  bearer(`${stageToken}x`),
  bearer(stageToken.slice(1)),
  { authorization: `Basic ${stageToken}` },
  { authorization: stageToken },
])('refuses without the right token, also on this machine: %o', async (headers: Record<string, string>) => {
  stage = await openStage({ metrics });
  expect(await refusalOf(await read(headers))).toMatchObject({ status: 401, code: 'CSM-API-MONITOR' });
});

it('refuses sessions of page users and the signature of the lead', async () => {
  stage = await openStage({ metrics });
  const cookie = await stage.signedIn('lead', { role: 'lead' });
  expect(await refusalOf(await read({ cookie }))).toMatchObject({ code: 'CSM-API-MONITOR' });
  expect(await refusalOf(await stage.call('GET', '/metrics'))).toMatchObject({ code: 'CSM-API-MONITOR' });
});

it('answers a program on this machine where no token was set', async () => {
  stage = await openStage({ metrics, metricsToken: null });
  expect((await read()).status).toBe(200);
  expect(await statusUnder('localhost:9090')).toBe(200);
  expect(await statusUnder('[::1]')).toBe(200);
});

it.each(['x-forwarded-for', 'forwarded', 'via', 'x-real-ip'])(
  'refuses without a token what a proxy passed on: %s',
  async (name) => {
    stage = await openStage({ metrics, metricsToken: null });
    expect(await refusalOf(await read({ [name]: '127.0.0.1' }))).toMatchObject({
      status: 401,
      code: 'CSM-API-MONITOR',
    });
  },
);

it('refuses without a token everybody where a proxy is in front', async () => {
  stage = await openStage({ metrics, metricsToken: null, behindProxy: true });
  expect(await refusalOf(await read())).toMatchObject({ status: 401, code: 'CSM-API-MONITOR' });
  expect(await refusalOf(await read(bearer('null')))).toMatchObject({ code: 'CSM-API-MONITOR' });
});

it('refuses without a token a browser that was led here under another name', async () => {
  stage = await openStage({ metrics, metricsToken: null });
  expect(await statusUnder('consilium.example.org')).toBe(401);
  expect(await statusUnder('127.0.0.1.example.org:80')).toBe(401);
});
