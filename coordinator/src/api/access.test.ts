import { readFileSync } from 'node:fs';
import { siteId } from '@consilium/shared/ids';
import { contributionManifest } from '@consilium/shared/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { inventReport } from '../../../shared/src/report/reports.fixture.js';
import { allShapes } from './openapi.js';
import { exampleView, fakeRuns } from './testing/fake-runs.js';
import { openStage, refusalOf, type Stage } from './testing/stage.js';

const own = siteId.parse('hospital-a');
const other = siteId.parse('hospital-b');
const view = exampleView();
/** What stands in the answers about the other sites, as a reader who may not see them must never find it. */
const secrets = [
  ...view.sites.slice(1).flatMap(({ site, bytesIn }) => [site, String(bytesIn)]),
  ...view.judged.flatMap(({ sites }) => sites.slice(1).flatMap(({ loss }) => (loss === null ? [] : [String(loss)]))),
];
const reports = [own, other].map((site) => ({
  manifest: contributionManifest.parse({
    ...{ consortium: view.consortium, run: view.run, contract: view.contract, step: 'test', site, base: view.model },
    ...{ kind: 'report', codec: 'json', samples: 214, hash: 'ab'.repeat(32), bytes: 7 },
  }),
  read: async () => Buffer.from(JSON.stringify({ report: { report: inventReport(), signature: 'A'.repeat(86) } })),
}));

const operation = z.object({
  operationId: z.string(),
  security: z.array(z.record(z.string(), z.unknown())),
  'x-roles': z.array(z.string()),
});
const { paths } = z
  .object({ paths: z.record(z.string(), z.record(z.string(), operation)) })
  .parse(JSON.parse(readFileSync(new URL('../../../docs/openapi.json', import.meta.url), 'utf8')));
const calls = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, { security, 'x-roles': roles }]) => ({
    name: `${method.toUpperCase()} ${path}`,
    method: method.toUpperCase(),
    path: path
      .replace('{run}', view.run)
      .replace('{site}', own)
      .replace('{user}', 'ada')
      .replace('{hash}', 'ab'.repeat(32)),
    ofSite: path.includes('{site}'),
    roles,
    isOpen: security.length === 0,
    byToken: security.some((one) => Object.hasOwn(one, 'metrics')),
  })),
);
type Call = (typeof calls)[number];

// Five passwords are hashed on purpose slowly, on a machine that may be busy.
const setUpMs = 60_000;

const people = ['lead', 'own', 'other', 'viewer'] as const;
let stage: Stage;
let cookies: Record<(typeof people)[number] | 'expired', string>;

beforeAll(async () => {
  stage = await openStage({ runs: fakeRuns([view], { reports }) });
  const expired = await stage.signedIn('expired', { role: 'lead' });
  stage.advance(13 * 3_600_000);
  cookies = {
    expired,
    lead: await stage.signedIn('lead', { role: 'lead' }),
    own: await stage.signedIn('own', { role: 'site', site: own }),
    other: await stage.signedIn('other', { role: 'site', site: other }),
    viewer: await stage.signedIn('viewer', { role: 'viewer' }),
  };
}, setUpMs);
afterAll(() => stage.close());

/** Makes a call as the page does. A stream is cut after its first piece. */
async function tried({ method, path }: Call, cookie: string | null): Promise<{ code: string | null; text: string }> {
  const headers = { origin: stage.url, 'content-type': 'application/json', ...(cookie === null ? {} : { cookie }) };
  const response = await fetch(stage.url + path, { method, headers, ...(method === 'POST' ? { body: '{}' } : {}) });
  if (response.headers.get('content-type')?.startsWith('text/event-stream')) {
    const reader = response.body?.getReader();
    const first = await reader?.read();
    await reader?.cancel();
    return { code: null, text: Buffer.from(first?.value ?? []).toString() };
  }
  const text = await response.text();
  return { code: response.ok ? null : (await refusalOf(new Response(text))).code, text };
}

const refusals = new Set(['CSM-API-CALLER', 'CSM-API-MONITOR', 'CSM-API-ROLE', 'CSM-API-SIGNED-OUT']);
const whether = ({ code }: { code: string | null }) => (code !== null && refusals.has(code) ? code : 'let in');

describe.each(calls.filter(({ isOpen }) => !isOpen))('$name', (call) => {
  const keyAlone = call.roles.length === 0;
  const keyless = call.byToken ? 'CSM-API-MONITOR' : 'CSM-API-CALLER';
  const stranger = keyAlone ? keyless : 'CSM-API-SIGNED-OUT';

  it('refuses who is not signed in, and whose session has ended', async () => {
    expect(whether(await tried(call, null))).toBe(stranger);
    expect(whether(await tried(call, cookies.expired))).toBe(stranger);
    expect(whether(await tried(call, `consilium=${'A'.repeat(43)}`))).toBe(stranger);
  });

  it.each(people)('lets in or refuses by role: %s', async (person) => {
    const role = person === 'own' || person === 'other' ? 'site' : person;
    const allowed = call.roles.includes(role) && !(person === 'other' && call.ofSite);
    const wanted = allowed ? 'let in' : keyAlone ? keyless : 'CSM-API-ROLE';
    expect(whether(await tried(call, cookies[person]))).toBe(wanted);
  });

  it.each(['own', 'viewer'] as const)('tells %s nothing of other sites', async (person) => {
    const { text } = await tried(call, cookies[person]);
    const hidden = person === 'viewer' ? ['hospital-a', ...secrets] : secrets;
    for (const secret of hidden) expect(text, secret).not.toContain(secret);
  });
});

it('the description is the one that is served, and nothing else is', async () => {
  const described = allShapes().map(({ method, path }) => `${method} ${path}`);
  expect(calls.map(({ name }) => name).sort()).toEqual([...described].sort());
  const routes = stage.api.app.router.stack.flatMap(({ route }) => (route === undefined ? [] : [route.path]));
  const declared = new Set(allShapes().map(({ path }) => path.replaceAll(/\{(\w+)\}/g, ':$1')));
  expect(routes.filter((path) => !declared.has(path as never))).toEqual(['/api/openapi.json']);
});

it('the lead sees of a run what others do not', async () => {
  const { text } = await tried({ ...calls[0]!, method: 'GET', path: `/api/runs/${view.run}` }, cookies.lead);
  for (const secret of secrets) expect(text).toContain(secret);
});

it('no call that changes something is open to a session, but for the own password; a check of a run file changes nothing', () => {
  const changing = calls.filter(({ method, roles }) => method === 'POST' && roles.length > 0);
  expect(changing.map(({ name }) => name)).toEqual(['POST /api/run-files/check', 'POST /api/me/password']);
});
