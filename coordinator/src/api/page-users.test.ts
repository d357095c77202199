import { afterEach, beforeEach, expect, it } from 'vitest';
import { exampleView, fakeRuns } from './testing/fake-runs.js';
import { openStage, refusalOf, type Stage } from './testing/stage.js';

const view = exampleView();
const person = { name: 'Dr. Ada', password: 'a long pass phrase' };
let stage: Stage;

beforeEach(async () => {
  stage = await openStage({ runs: fakeRuns([view]) });
});
afterEach(() => stage.close());

const post = (path: string, body: unknown, cookie?: string) =>
  fetch(stage.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(cookie ? { cookie } : {}) },
    body: JSON.stringify(body),
  });
const token = async () => new URL((await stage.api.setupLink()) ?? 'x:').hash.replace('#setup=', '');
const cookieOf = (response: Response) => (response.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
const codeOf = async (response: Response) => (await refusalOf(response)).code;

it('the set-up link makes one user, once, and is not offered again', async () => {
  const body = { ...person, token: await token() };
  const response = await post('/api/setup', body);
  expect(response.status).toBe(200);
  expect(response.headers.get('set-cookie')).toMatch(
    /^consilium=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/,
  );
  expect(await codeOf(await post('/api/setup', { ...body, name: 'other' }))).toBe('CSM-API-SETUP');
  expect(await stage.api.setupLink()).toBeNull();
});

it('a wrong, old or short set-up is refused', async () => {
  const good = await token();
  expect(await codeOf(await post('/api/setup', { ...person, token: 'A'.repeat(43) }))).toBe('CSM-API-SETUP');
  expect(await codeOf(await post('/api/setup', { ...person, password: 'short', token: good }))).toBe('CSM-API-BODY');
  stage.advance(25 * 3_600_000);
  expect(await codeOf(await post('/api/setup', { ...person, token: good }))).toBe('CSM-API-SETUP');
});

it('a page user reads and changes nothing', async () => {
  const cookie = cookieOf(await post('/api/setup', { ...person, token: await token() }));
  const runs = await fetch(`${stage.url}/api/runs`, { headers: { cookie } });
  expect(await runs.json()).toMatchObject({ runs: [{ run: view.run }] });
  expect(await codeOf(await post(`/api/runs/${view.run}/command`, { command: 'stop' }, cookie))).toBe('CSM-API-CALLER');
  const model = await fetch(`${stage.url}/api/runs/${view.run}/model`, { headers: { cookie } });
  expect(await codeOf(model)).toBe('CSM-API-CALLER');
});

it('signing in needs the right password, and signing out ends the session', async () => {
  await post('/api/setup', { ...person, token: await token() });
  expect(await codeOf(await post('/api/sign-in', { ...person, password: 'wrong' }))).toBe('CSM-API-SIGN-IN');
  expect(await codeOf(await post('/api/sign-in', { ...person, name: 'nobody' }))).toBe('CSM-API-SIGN-IN');
  const cookie = cookieOf(await post('/api/sign-in', person));
  const me = () => fetch(`${stage.url}/api/me`, { headers: { cookie } });
  expect(await (await me()).json()).toMatchObject({ name: 'Dr. Ada' });
  await post('/api/sign-out', {}, cookie);
  expect((await me()).status).toBe(401);
});

it('a session ends by itself', async () => {
  const cookie = cookieOf(await post('/api/setup', { ...person, token: await token() }));
  stage.advance(13 * 3_600_000);
  expect((await fetch(`${stage.url}/api/me`, { headers: { cookie } })).status).toBe(401);
});

it('the sixth wrong password has to wait, and the right one then works', async () => {
  await post('/api/setup', { ...person, token: await token() });
  for (let i = 0; i < 5; i++) await post('/api/sign-in', { ...person, password: 'wrong' });
  const limited = await post('/api/sign-in', person);
  expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '30']);
  stage.advance(30_000);
  expect((await post('/api/sign-in', person)).status).toBe(200);
});

it('no password and no token lies in the store as it is', async () => {
  const cookie = cookieOf(await post('/api/setup', { ...person, token: await token() }));
  const rows = await stage.store.read(async (db) => [
    await db.selectFrom('users').selectAll().execute(),
    await db.selectFrom('sessions').selectAll().execute(),
  ]);
  const text = JSON.stringify(rows);
  expect(text).toContain('Dr. Ada');
  expect(text).not.toContain(person.password);
  expect(text).not.toContain(cookie.split('=')[1]);
});

it('behind TLS the cookie is for TLS alone', async () => {
  const secure = await openStage({ secure: true });
  const link = await secure.api.setupLink();
  const response = await fetch(`${secure.url}/api/setup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...person, token: link?.split('#setup=')[1] }),
  });
  expect(response.headers.get('set-cookie')).toMatch(/^__Host-consilium=.*; Secure$/);
  expect(response.headers.get('strict-transport-security')).toContain('max-age');
  await secure.close();
});
