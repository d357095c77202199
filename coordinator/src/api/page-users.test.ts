import { siteId } from '@consilium/shared/ids';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exampleView, fakeRuns } from './testing/fake-runs.js';
import { cookieOf, openStage, refusalOf, type Stage, stagePassword, tokenIn } from './testing/stage.js';

const view = exampleView();
const person = { name: 'Dr. Ada', password: stagePassword };
const viewer = { role: 'viewer' } as const;
const minutes = 60_000;
let stage: Stage;

beforeEach(async () => {
  stage = await openStage({ runs: fakeRuns([view]) });
});
afterEach(() => stage.close());

const codeOf = async (response: Response) => (await refusalOf(response)).code;
const firstToken = async () => tokenIn(await stage.api.setupLink());
const me = (cookie: string) => fetch(`${stage.url}/api/me`, { headers: { cookie } });
const linkFor = async (path: string, body?: unknown) => JSON.parse(await (await stage.call('POST', path, body)).text());

describe('the link of the start', () => {
  it('makes the first user, once, who sees everything', async () => {
    const token = await firstToken();
    const response = await stage.post('/api/setup', { ...person, token });
    expect(response.headers.get('set-cookie')).toMatch(
      /^consilium=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/,
    );
    expect(await (await me(cookieOf(response))).json()).toMatchObject({ name: 'Dr. Ada', role: 'lead', site: null });
    expect(await codeOf(await stage.post('/api/setup', { ...person, name: 'other', token }))).toBe('CSM-API-SETUP');
    expect(await stage.api.setupLink()).toBeNull();
  });

  it('is refused without a name, with a short password, after a day, and once there is a user', async () => {
    const token = await firstToken();
    const { password } = person;
    expect(await codeOf(await stage.post('/api/setup', { ...person, token: 'A'.repeat(43) }))).toBe('CSM-API-SETUP');
    expect(await codeOf(await stage.post('/api/setup', { ...person, password: 'short', token }))).toBe('CSM-API-BODY');
    expect(await codeOf(await stage.post('/api/setup', { password, token }))).toBe('CSM-API-BODY');
    stage.advance(25 * 60 * minutes);
    expect(await codeOf(await stage.post('/api/setup', { ...person, token }))).toBe('CSM-API-SETUP');
    const late = await firstToken();
    await stage.call('POST', '/api/users', { name: 'ben', sight: viewer });
    expect(await codeOf(await stage.post('/api/setup', { ...person, token: late }))).toBe('CSM-API-SETUP');
  });
});

describe('a link of the lead', () => {
  it('sets the password of its user, once, until a day has passed', async () => {
    const { link } = await linkFor('/api/users', { name: 'Dr. Ada', sight: viewer });
    expect(link).toMatch(/#setup=[\w-]{43}&name=Dr\.%20Ada$/);
    expect(await codeOf(await stage.post('/api/sign-in', person))).toBe('CSM-API-SIGN-IN');
    const set = { token: tokenIn(link), password: person.password };
    expect((await stage.post('/api/setup', set)).status).toBe(200);
    expect(await codeOf(await stage.post('/api/setup', set))).toBe('CSM-API-SETUP');
    const again = await linkFor('/api/users/Dr.%20Ada/password');
    stage.advance(25 * 60 * minutes);
    const late = { token: tokenIn(again.link), password: person.password };
    expect(await codeOf(await stage.post('/api/setup', late))).toBe('CSM-API-SETUP');
  });

  it('is for a new name and a known site alone', async () => {
    await stage.call('POST', '/api/users', { name: 'ada', sight: viewer });
    const again = await stage.call('POST', '/api/users', { name: 'ada', sight: viewer });
    expect(await refusalOf(again)).toMatchObject({ status: 409, code: 'CSM-API-USER-EXISTS' });
    const lost = { role: 'site', site: siteId.parse('nowhere') };
    const site = await stage.call('POST', '/api/users', { name: 'ben', sight: lost });
    expect(await refusalOf(site)).toMatchObject({ status: 422, code: 'CSM-API-BODY' });
    const unknown = await stage.call('POST', '/api/users/nobody/remove');
    expect(await refusalOf(unknown)).toMatchObject({ status: 404, code: 'CSM-API-USER-UNKNOWN' });
  });

  it('ends the old password and the sessions when it replaces a password', async () => {
    const cookie = await stage.signedIn('Dr. Ada', viewer);
    const { link } = await linkFor('/api/users/Dr.%20Ada/password');
    expect((await me(cookie)).status).toBe(401);
    expect(await codeOf(await stage.post('/api/sign-in', person))).toBe('CSM-API-SIGN-IN');
    const fresh = await stage.post('/api/setup', { token: tokenIn(link), password: 'another pass phrase' });
    expect((await me(cookieOf(fresh))).status).toBe(200);
  });

  it('is listed with what it gives, without secrets', async () => {
    await stage.signedIn('ada', viewer);
    await stage.call('POST', '/api/users', { name: 'ben', sight: { role: 'lead' } });
    const text = await (await stage.call('GET', '/api/users')).text();
    expect(JSON.parse(text)).toMatchObject({
      users: [
        { name: 'ada', role: 'viewer', site: null, ready: true, lockedSeconds: null },
        { name: 'ben', role: 'lead', site: null, ready: false, lockedSeconds: null },
      ],
    });
    expect(text).not.toMatch(/scrypt|hash/i);
  });
});

describe('a session', () => {
  it('needs the right password, and ends with signing out', async () => {
    await stage.signedIn('Dr. Ada', viewer);
    expect(await codeOf(await stage.post('/api/sign-in', { ...person, password: 'wrong' }))).toBe('CSM-API-SIGN-IN');
    expect(await codeOf(await stage.post('/api/sign-in', { ...person, name: 'nobody' }))).toBe('CSM-API-SIGN-IN');
    const cookie = cookieOf(await stage.post('/api/sign-in', person));
    expect(await (await me(cookie)).json()).toMatchObject({ name: 'Dr. Ada', role: 'viewer' });
    await stage.post('/api/sign-out', {}, { cookie });
    expect((await me(cookie)).status).toBe(401);
  });

  it('ends two hours after its last call, and half a day after its first', async () => {
    const idle = await stage.signedIn('ada', viewer);
    stage.advance(119 * minutes);
    expect((await me(idle)).status).toBe(200);
    stage.advance(121 * minutes);
    expect((await me(idle)).status).toBe(401);
    const busy = await stage.signedIn('ben', viewer);
    for (let hour = 1; hour < 12; hour++) {
      stage.advance(60 * minutes);
      expect((await me(busy)).status).toBe(200);
    }
    stage.advance(61 * minutes);
    expect((await me(busy)).status).toBe(401);
  });

  it('ends everywhere when its user changes the password or is removed', async () => {
    const first = await stage.signedIn('Dr. Ada', viewer);
    const second = cookieOf(await stage.post('/api/sign-in', person));
    const change = { current: 'wrong', next: 'another pass phrase' };
    expect(await codeOf(await stage.post('/api/me/password', change, { cookie: first }))).toBe('CSM-API-SIGN-IN');
    const right = { ...change, current: person.password };
    const third = cookieOf(await stage.post('/api/me/password', right, { cookie: first }));
    expect([(await me(first)).status, (await me(second)).status, (await me(third)).status]).toEqual([401, 401, 200]);
    await stage.call('POST', '/api/users/Dr.%20Ada/remove');
    expect((await me(third)).status).toBe(401);
    expect(await codeOf(await stage.post('/api/sign-in', { ...person, password: change.next }))).toBe(
      'CSM-API-SIGN-IN',
    );
  });

  it('changes nothing of runs, and takes no model away', async () => {
    const cookie = await stage.signedIn('ada', { role: 'lead' });
    const stop = await stage.post(`/api/runs/${view.run}/command`, { command: 'stop' }, { cookie });
    expect(await codeOf(stop)).toBe('CSM-API-CALLER');
    const model = await fetch(`${stage.url}/api/runs/${view.run}/model`, { headers: { cookie } });
    expect(await codeOf(model)).toBe('CSM-API-CALLER');
    expect(stage.runs.commands).toEqual([]);
  });

  it('lies in the store without its token, and no password does', async () => {
    const cookie = await stage.signedIn('Dr. Ada', viewer);
    const rows = await stage.store.read(async (db) => [
      await db.selectFrom('users').selectAll().execute(),
      await db.selectFrom('sessions').selectAll().execute(),
    ]);
    const text = JSON.stringify(rows);
    expect(text).toContain('Dr. Ada');
    expect(text).not.toContain(person.password);
    expect(text).not.toContain(cookie.split('=')[1]);
  });

  it('is for TLS alone behind TLS', async () => {
    const secure = await openStage({ secure: true });
    const token = tokenIn(await secure.api.setupLink());
    const response = await secure.post('/api/setup', { ...person, token });
    expect(response.headers.get('set-cookie')).toMatch(/^__Host-consilium=.*; Secure$/);
    expect(response.headers.get('strict-transport-security')).toContain('max-age');
    await secure.close();
  });
});

describe('guessing a password', () => {
  const wrong = (name: string) => stage.post('/api/sign-in', { name, password: 'wrong' });

  it('has to wait after five tries, and the right one then works', async () => {
    await stage.signedIn('Dr. Ada', viewer);
    for (let i = 0; i < 5; i++) await wrong('Dr. Ada');
    const limited = await stage.post('/api/sign-in', person);
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '30']);
    stage.advance(30_000);
    expect((await stage.post('/api/sign-in', person)).status).toBe(200);
  });

  it('locks a name after ten tries in a row, whether somebody has it or not, and says for how long', async () => {
    const cookie = await stage.signedIn('Dr. Ada', viewer);
    const answers: unknown[] = [];
    for (const name of ['Dr. Ada', 'nobody']) {
      for (let i = 0; i < 10; i++) {
        stage.advance(30_000);
        expect(await codeOf(await wrong(name))).toBe('CSM-API-SIGN-IN');
      }
      answers.push(await refusalOf(await stage.post('/api/sign-in', { ...person, name })));
    }
    const locked = { status: 429, code: 'CSM-API-LOCKED', details: { seconds: 900 } };
    expect(answers).toEqual([locked, locked]);
    expect((await me(cookie)).status).toBe(200);
    stage.advance(20 * minutes);
    expect((await stage.post('/api/sign-in', person)).status).toBe(200);
  });

  it('leaves the lead a way to end the lock', async () => {
    await stage.signedIn('Dr. Ada', viewer);
    for (let i = 0; i < 10; i++) {
      stage.advance(30_000);
      await wrong('Dr. Ada');
    }
    expect(await (await stage.call('GET', '/api/users')).json()).toMatchObject({ users: [{ lockedSeconds: 900 }] });
    const { link } = await linkFor('/api/users/Dr.%20Ada/password');
    stage.advance(30_000);
    expect((await stage.post('/api/setup', { token: tokenIn(link), password: person.password })).status).toBe(200);
    expect((await stage.post('/api/sign-in', person)).status).toBe(200);
  });
});

describe('a page of somebody else', () => {
  it.each(['/api/sign-in', '/api/setup', '/api/sign-out', '/api/me/password'])(
    'cannot make a browser call %s',
    async (path) => {
      const cookie = await stage.signedIn('ada', viewer);
      const foreign = await stage.post(path, {}, { cookie, origin: 'https://evil.example' });
      expect(await refusalOf(foreign)).toMatchObject({ status: 403, code: 'CSM-API-ORIGIN' });
      const bare = await fetch(stage.url + path, { method: 'POST', headers: { cookie } });
      expect(await codeOf(bare)).toBe('CSM-API-ORIGIN');
      expect((await me(cookie)).status).toBe(200);
    },
  );

  it.each([
    ['same-origin', 'CSM-API-SIGN-IN'],
    ['same-site', 'CSM-API-ORIGIN'],
    ['cross-site', 'CSM-API-ORIGIN'],
    ['none', 'CSM-API-ORIGIN'],
  ])('is told by Sec-Fetch-Site: %s', async (relation, code) => {
    const headers = { 'content-type': 'application/json', origin: stage.url, 'sec-fetch-site': relation };
    const body = JSON.stringify({ name: 'x', password: 'y' });
    expect(await codeOf(await fetch(`${stage.url}/api/sign-in`, { method: 'POST', headers, body }))).toBe(code);
  });
});
