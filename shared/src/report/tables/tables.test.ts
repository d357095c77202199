import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withheld } from '../../metrics/index.js';
import { runTableWords, siteTableWords } from '../../words/index.js';
import { inventReport, inventRun, subtypes } from '../reports.fixture.js';
import { csvOf, runTables, siteTables, withheldMark } from './index.js';

const csv = (cell: string | number | boolean | null) => csvOf({ name: 'x', columns: ['a'], rows: [[cell]] });

describe('a table as CSV', () => {
  it('marks what is withheld, and leaves empty what has no meaning', () => {
    const rows = [
      [withheld, null, 0],
      ['a', true, -0.5],
    ];
    expect(csvOf({ name: 'x', columns: ['one', 'two', 'three'], rows })).toBe(
      'one,two,three\r\nwithheld,,0\r\na,true,-0.5\r\n',
    );
  });

  it('quotes what would end a field', () => {
    expect(csv('say "x", then\nno more')).toBe('a\r\n"say ""x"", then\nno more"\r\n');
  });

  it.each(['=1+1', '+1', '-7/del(7q)', '@x', '\tx', '\rx', '＝1'])('makes no formula of %j', (name) => {
    expect(csv(name)).toMatch(/^a\r\n"?'/);
  });

  it('lets no text begin as a formula, and every number be itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(csv(text).slice(3).replace(/^"/, '')).not.toMatch(/^[=+\-@\t＝＋－＠]|^\r(?!\n)/);
      }),
    );
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Number(csv(value).slice(3))).toBe(value + 0);
      }),
    );
  });
});

describe("a site's tables", () => {
  const report = inventReport();
  const tables = new Map(siteTables(report).map((table) => [table.name, table]));

  it('are all there, each row as long as its head and with the name of the site', () => {
    expect([...tables.keys()]).toEqual(Object.keys(siteTableWords));
    for (const { columns, rows } of tables.values()) {
      for (const row of rows) expect([row.length, row[0]]).toEqual([columns.length, 'hospital-north']);
    }
  });

  it('hold every figure of the report', () => {
    const { measures } = report;
    expect(tables.get('classes')?.rows.map(([, , name, support]) => [name, support])).toEqual(
      measures.perClass.map((own) => [own.class, own.support]),
    );
    expect(tables.get('confusion')?.rows.map((row) => row[3])).toEqual(measures.confusion.cells.flat());
    expect(tables.get('calibration')?.rows.map((row) => row[3])).toEqual(
      measures.reliability.map(({ count }) => count),
    );
    const [accuracy] = tables.get('scores')!.rows;
    const { value, interval } = measures.scores.accuracy;
    expect(accuracy?.slice(2)).toEqual([140, 'accuracy', value, interval?.low, interval?.high, 'wilson']);
  });

  it('have a mark for every withheld count, and no zero in its place', () => {
    const small = inventReport({ rows: 40 });
    const text = csvOf(siteTables(small).find(({ name }) => name === 'confusion')!);
    const hidden = small.measures.confusion.cells.flat().filter((count) => typeof count === 'object').length;
    expect(hidden).toBeGreaterThan(0);
    expect(text.split(`,${withheldMark}\r\n`)).toHaveLength(hidden + 1);
  });

  it('hold other predictions beside the model’s own, and what the model adds', () => {
    const { scores, perClass } = report.measures;
    const beside = siteTables({
      ...report,
      panels: [
        { name: 'local-only', scores, perClass: perClass.map(({ support: _, aucInterval: __, ...own }) => own) },
      ],
      groups: [{ name: 'group: children', n: 60, scores }],
      uplift: [
        {
          over: 'local-only',
          scores: {
            ...{ balancedAccuracy: null, macroF1: null, auc: null },
            accuracy: { difference: 0.06, interval: { low: -0.01, high: 0.12 } },
          },
        },
      ],
    });
    const rows = (name: string) => beside.find((table) => table.name === name)?.rows ?? [];
    expect(new Set(rows('scores').map((row) => `${row[1]} ${row[2]}`))).toEqual(
      new Set(['common model 140', 'local-only 140', 'group: children 60']),
    );
    expect(rows('classes')).toHaveLength(2 * subtypes.length);
    expect(rows('uplift')[0]).toEqual(['hospital-north', 140, 'local-only', 'accuracy', 0.06, -0.01, 0.12]);
  });
});

/** A report with subgroups, a temperature and a threshold. */
function richReport() {
  const report = inventReport();
  const { scores, reliability } = report.measures;
  const [loss, brier, ece, ece15] = [0.6, 0.3, 0.04, 0.05];
  const rate = { value: 0.8, interval: { low: 0.7, high: 0.9, method: 'wilson' } } as const;
  const groups = [
    { name: 'F', n: 90, scores, support: subtypes.map(() => 9) },
    { name: 'M', n: withheld, scores: null, support: subtypes.map(() => withheld) },
  ];
  return {
    ...report,
    subgroups: [{ column: 'sex', groups }],
    temperatureScaled: {
      ...{ temperature: 1.5, fittedTo: 40, reliability },
      scores: { loss, brier, ece, ece15, mce: withheld },
    },
    atThreshold: {
      ...{ threshold: 0.37, fittedTo: 40, positive: 'NPM1', sensitivity: rate, specificity: rate },
      ...{ ppv: { value: null, interval: null }, npv: rate, accuracy: { value: withheld, interval: null } },
    },
  };
}

describe('subgroups, temperatures and thresholds in tables', () => {
  const tables = siteTables(richReport());
  const rows = (name: string) => tables.find((table) => table.name === name)?.rows ?? [];

  it('have a row for each class and each score, withheld ones marked', () => {
    expect(rows('subgroups')).toHaveLength(2 * subtypes.length);
    expect(rows('subgroups')[0]).toEqual(['hospital-north', 'sex', 'F', 90, 'NPM1', 9]);
    expect(rows('subgroups').at(-1)).toEqual(['hospital-north', 'sex', 'M', withheld, 't-AML', withheld]);
    const named = rows('scores').filter(([, name]) => String(name).startsWith('subgroup'));
    expect(new Set(named.map(([, name, n]) => `${name} ${n}`))).toEqual(new Set(['subgroup: sex: F 90']));
  });

  it('hold the scores and bins at the temperature', () => {
    expect(rows('temperature').map((row) => row.slice(1, 3))).toEqual(rows('calibration').map(() => [1.5, 40]));
    const scaled = rows('scores').filter(([, name]) => name === 'temperature-scaled');
    expect(scaled.map((row) => [row[3], row[4]])).toContainEqual(['mce', withheld]);
    expect(scaled).toHaveLength(5);
  });

  it('hold the figures at the threshold', () => {
    const at = ['hospital-north', 'NPM1', 0.37, 40];
    expect(rows('threshold')).toHaveLength(5);
    expect(rows('threshold')[0]).toEqual([...at, 'sensitivity', 0.8, 0.7, 0.9, 'wilson']);
    expect(rows('threshold').at(-1)?.slice(0, 6)).toEqual([...at, 'accuracy', withheld]);
  });

  it('are empty where there is no temperature, and no threshold', () => {
    const none = { none: 'no validation' } as const;
    const tables = siteTables({ ...inventReport(), temperatureScaled: none, atThreshold: none });
    for (const wanted of ['temperature', 'threshold']) {
      expect(tables.find(({ name }) => name === wanted)?.rows).toEqual([]);
    }
  });
});

describe("a run's tables", () => {
  const run = inventRun();
  const sites = [richReport()];
  const rowsOf = (name: string, tables = runTables(run, sites)) =>
    tables.find((table) => table.name === name)?.rows ?? [];

  it('are all there, each row as long as its head', () => {
    const tables = runTables(run, sites);
    expect(tables.map(({ name }) => name)).toEqual(Object.keys(runTableWords));
    for (const { name, columns, rows } of tables) {
      expect(rows.length, name).toBeGreaterThan(0);
      for (const row of rows) expect(row.length, name).toBe(columns.length);
    }
  });

  it('hold the rows of each site, then those of all', () => {
    expect([...new Set(rowsOf('classes').map(([site]) => site))]).toEqual(['hospital-north', 'all sites']);
    expect(rowsOf('support').slice(-subtypes.length)).toEqual(subtypes.map((name) => ['all sites', name, withheld]));
    expect(rowsOf('matrix').map((row) => row.slice(0, 3))).toContainEqual(['all sites', 244, 'local-only']);
    expect(rowsOf('participation')[11]).toEqual([0, 12, 3, 4, 0.92, 'hospital-west']);
    expect(rowsOf('curves')).toHaveLength(30);
    expect(rowsOf('uplift').at(-1)).toEqual(['hospital-south', null, 'local-only', null, withheld, withheld, withheld]);
  });

  it('hold no figure where figures are no measure of the model', () => {
    const caveat = {
      ...run,
      caveat: 'Copies are tested.',
      pooled: null,
      matrix: null,
      curve: [],
      groups: [],
      figures: [],
    };
    const tables = runTables({ ...caveat, support: null, uplift: { told: [], withheld: [] } }, sites);
    expect(tables.filter(({ rows }) => rows.length > 0).map(({ name }) => name)).toEqual(['participation', 'sites']);
  });
});
