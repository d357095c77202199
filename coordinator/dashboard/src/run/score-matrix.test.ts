import type { ReleasedScore } from '@consilium/shared/metrics';
import { describe, expect, it } from 'vitest';
import { scoreMatrix, shadeOf } from './score-matrix.js';
import type { SiteResult } from './site-reports.js';

const score = (value: ReleasedScore['value'], interval: ReleasedScore['interval'] = null): ReleasedScore => ({
  value,
  interval,
});
const result = (site: string, accuracy: ReleasedScore, baseline?: ReleasedScore): SiteResult =>
  // Only the scores of a report concern the matrix.
  ({
    site,
    report: {
      measures: { scores: { accuracy } },
      ...(baseline && { panels: [{ name: 'majority', scores: { accuracy: baseline } }] }),
    },
  }) as never;

const results = [
  result('a', score(0.8, { low: 0.7, high: 0.9, method: 'wilson' }), score(0.4)),
  result('b', score({ suppressed: true }), score(null)),
  { site: 'c', report: null },
];

describe('scoreMatrix', () => {
  it('has a row for each site and a column for each model', () => {
    const { models, rows } = scoreMatrix(results, undefined, 'accuracy');
    expect(models).toEqual(['this run', 'majority']);
    expect(rows.map(({ site }) => site)).toEqual(['a', 'b', 'c']);
    expect(rows[0]!.cells).toEqual([
      { kind: 'value', value: 0.8, low: 0.7, high: 0.9 },
      { kind: 'value', value: 0.4, low: null, high: null },
    ]);
  });

  it('has no column for figures of some of the patients', () => {
    const panels = ['majority', 'group: mono', 'majority, group: mono', 'subgroup: sex: F'];
    const test = { pooled: {}, panels: panels.map((name) => ({ name, metrics: {} })) } as never;
    expect(scoreMatrix(results, test, 'accuracy').models).toEqual(['this run', 'majority']);
  });

  it('tells a withheld figure from one that has no meaning, and shows neither as a number', () => {
    const { rows } = scoreMatrix(results, undefined, 'accuracy');
    expect(rows[1]!.cells.map(({ kind }) => kind)).toEqual(['withheld', 'none']);
    expect(rows[2]!.cells.map(({ kind }) => kind)).toEqual(['none', 'none']);
  });
});

describe('shadeOf', () => {
  const matrix = scoreMatrix(results, undefined, 'accuracy');
  const [best, worst] = matrix.rows[0]!.cells;

  it('goes from the worst to the best, whichever way that is', () => {
    expect([best!, worst!].map((cell) => shadeOf(cell, matrix, 'higher'))).toEqual([1, 0]);
    expect([best!, worst!].map((cell) => shadeOf(cell, matrix, 'lower'))).toEqual([0, 1]);
  });

  it('shades nothing that is not shown', () => {
    expect(shadeOf(matrix.rows[1]!.cells[0]!, matrix, 'higher')).toBe(0);
  });
});
