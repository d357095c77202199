import { siteId } from '@consilium/shared/ids';
import { contributionManifest } from '@consilium/shared/wire';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inventReport } from '../../../shared/src/report/reports.fixture.js';
import { readRange } from './byte-range.js';
import { exampleView, fakeRuns } from './testing/fake-runs.js';
import { openStage, refusalOf, type Stage } from './testing/stage.js';

const view = exampleView();
const weights = Buffer.alloc(3 * 2 ** 20 + 17, 1).map((_, index) => index % 251);
const manifest = contributionManifest.parse({
  consortium: view.consortium,
  run: view.run,
  contract: view.contract,
  step: 'test',
  site: 'hospital-a',
  base: view.model,
  kind: 'report',
  codec: 'json',
  samples: 214,
  hash: 'ab'.repeat(32),
  bytes: 7,
});
const report = inventReport();
// The counts beside the report are for the pooled sum alone.
const evaluation = (signed: unknown) =>
  Buffer.from(JSON.stringify({ salt: 'x', counts: { secret: 42 }, report: signed }));
const parts = {
  contract: Buffer.from('{"a":1}'),
  model: {
    hash: String(view.model),
    bytes: weights.length,
    read: async (offset: number, length: number) => weights.subarray(offset, offset + length),
  },
  journal: async function* () {
    yield '{"sequence":0}\n';
    yield '{"sequence":1}\n';
  },
  reports: [
    { manifest, read: async () => evaluation({ report, signature: 'A'.repeat(86) }) },
    { manifest: { ...manifest, site: siteId.parse('hospital-b') }, read: async () => evaluation(null) },
  ],
};
let stage: Stage;
const at = (part: string) => `/api/runs/${view.run}/${part}`;

beforeAll(async () => {
  stage = await openStage({ runs: fakeRuns([view], parts) });
});
afterAll(() => stage.close());

describe('the parts of an export', () => {
  it('are whole', async () => {
    const model = await stage.call('GET', at('model'));
    expect(Buffer.from(await model.arrayBuffer()).equals(weights)).toBe(true);
    expect(model.headers.get('etag')).toBe(`"${view.model}"`);
    expect(await (await stage.call('GET', at('contract'))).text()).toBe('{"a":1}');
    expect(await (await stage.call('GET', at('journal'))).text()).toBe('{"sequence":0}\n{"sequence":1}\n');
  });

  it('show of a site what it released, and nothing else', async () => {
    const list = await (await stage.call('GET', at('reports'))).json();
    expect(list).toMatchObject({ reports: [{ manifest, released: true }, { released: false }] });
    const text = await (await stage.call('GET', at('reports/hospital-a'))).text();
    expect(JSON.parse(text).report).toEqual(report);
    expect(text).not.toMatch(/counts|secret|salt/);
  });

  it('come as tables, of one site and of all', async () => {
    const own = await stage.call('GET', `${at('reports/hospital-a/csv')}?table=classes`);
    expect(own.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(own.headers.get('content-disposition')).toBe(
      'attachment; filename="aml-subtypes-hospital-north-classes.csv"',
    );
    const lines = (await own.text()).split('\r\n');
    expect(lines[0]).toMatch(/^site,predictions,class,support,/);
    expect(lines).toHaveLength(report.measures.perClass.length + 2);
    const all = await (await stage.call('GET', `${at('report.csv')}?table=classes`)).text();
    expect(all).toContain(lines[1]);
    expect(await (await stage.call('GET', at('report.csv'))).text()).toMatch(/^site,predictions,n,score,value,/);
    const other = await stage.call('GET', `${at('report.csv')}?table=patients`);
    expect(await refusalOf(other)).toMatchObject({ status: 422, code: 'CSM-API-BODY' });
  });

  it('that are not there are refused', async () => {
    for (const part of ['preparation', 'reports/hospital-b', 'reports/hospital-z']) {
      const response = await stage.call('GET', at(part));
      expect(await refusalOf(response)).toMatchObject({ status: 409, code: 'CSM-API-NOT-YET' });
    }
  });

  it('come in ranges, so that a broken download goes on', async () => {
    const { signCall } = await import('../lead/index.js');
    const { randomBytes } = await import('node:crypto');
    const get = (range: string) => {
      const terms = { method: 'GET', path: at('model'), consortium: stage.consortium };
      const headers = signCall(stage.lead, { ...terms, body: Buffer.alloc(0), now: stage.now(), random: randomBytes });
      return fetch(stage.url + at('model'), { headers: { ...headers, range } });
    };
    const rest = await get(`bytes=${2 ** 20 + 5}-`);
    expect([rest.status, rest.headers.get('content-range')]).toEqual([
      206,
      `bytes ${2 ** 20 + 5}-${weights.length - 1}/${weights.length}`,
    ]);
    expect(Buffer.from(await rest.arrayBuffer()).equals(weights.subarray(2 ** 20 + 5))).toBe(true);
    const outside = await get(`bytes=${weights.length}-`);
    expect([outside.status, outside.headers.get('content-range')]).toEqual([416, null]);
    await outside.text();
  });
});

describe('a range header', () => {
  it.each([
    ['bytes=0-99', { start: 0, end: 100 }],
    ['bytes=100-', { start: 100, end: 1000 }],
    ['bytes=-100', { start: 900, end: 1000 }],
    ['bytes=-5000', { start: 0, end: 1000 }],
    ['bytes=999-5000', { start: 999, end: 1000 }],
    ['bytes=0-1,5-6', null],
    ['bytes=-', null],
    [undefined, null],
  ])('%s', (header, range) => {
    expect(readRange(header, 1000, 'x')).toEqual(range);
  });

  it('never leads outside', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'bytes=-0123456789,') }), fc.nat(10_000), (header, bytes) => {
        try {
          const range = readRange(header, bytes, 'x');
          return range === null || (range.start >= 0 && range.start < range.end && range.end <= bytes);
        } catch (thrown) {
          return thrown instanceof Error && 'code' in thrown && thrown.code === 'CSM-API-RANGE';
        }
      }),
    );
  });
});
