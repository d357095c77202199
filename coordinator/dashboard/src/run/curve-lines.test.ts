import { siteId } from '@consilium/shared/ids';
import { describe, expect, it } from 'vitest';
import { accuracyBand, placesOf, rowsOf, siteLines } from './curve-lines.js';
import type { Series } from './series.js';

type Points = Series['lines'][number]['points'];
const seriesOf = (pooled: Points, sites: Readonly<Record<string, Points>>): Series => ({
  metric: 'accuracy',
  rounds: pooled.length,
  lines: [
    { site: null, points: pooled },
    ...Object.entries(sites).map(([site, points]) => ({ site: siteId.parse(site), points })),
  ],
});
const even = (_: number, round: number) => round;

describe('placesOf', () => {
  it('sets one stage after the other', () => {
    const points: Points = [
      [0, 1, 0.1],
      [0, 2, 0.2],
      [1, 1, 0.3],
      [1, 2, null],
    ];
    const { x, stages } = placesOf(points);
    expect(points.map(([stage, round]) => x(stage, round))).toEqual([1, 2, 3, 4]);
    expect(stages).toEqual([{ name: 'stage 2', x: 2.5 }]);
  });

  it('knows no boundary in a run of one stage, and nothing before the first round', () => {
    const points: Points = [
      [0, 1, 0.1],
      [0, 3, 0.2],
    ];
    expect(placesOf(points).stages).toEqual([]);
    expect(placesOf([]).stages).toEqual([]);
  });
});

describe('siteLines', () => {
  const pooled: Points = [
    [0, 1, 0.5],
    [0, 2, 0.6],
  ];

  it('keeps a gap where a site released nothing', () => {
    const withheld: Points = [
      [0, 1, null],
      [0, 2, null],
    ];
    const [all, a, b] = siteLines(seriesOf(pooled, { a: pooled, b: withheld }), even, null);
    expect(all).toMatchObject({ name: 'all sites', weight: 'main' });
    expect(a!.points.map(([, value]) => value)).toEqual([0.5, 0.6]);
    expect(b!.points.map(([, value]) => value)).toEqual([null, null]);
  });

  it('lets the chosen one of many sites stand out', () => {
    const many = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [name, pooled]));
    const weights = siteLines(seriesOf(pooled, many), even, 'c').map(({ name, weight }) => [name, weight]);
    expect(Object.fromEntries(weights)).toEqual({
      ...{ 'all sites': 'main', a: 'faint', b: 'faint', c: 'plain', d: 'faint', e: 'faint' },
    });
  });
});

it('an interval of accuracy is that of the patients of its round, or of the last round that tells them', () => {
  const band = accuracyBand(
    [
      [0, 1, 0.5],
      [0, 2, null],
      [0, 5, 0.5],
    ],
    [
      [0, 1, 10],
      [0, 4, 1000],
      [0, 9, 10],
    ],
    even,
  );
  expect(band.map(([x]) => x)).toEqual([1, 5]);
  expect(band[0]![1]).toBeCloseTo(0.2366, 4);
  expect(band[1]![1]).toBeCloseTo(0.4691, 4);
});

it('a table has a row for each round that a curve tells of', () => {
  const rows = rowsOf([
    [
      [0, 1, 0.1],
      [1, 1, null],
    ],
    [
      [0, 1, 0.3],
      [0, 7, 0.4],
    ],
  ]);
  expect(rows).toEqual([
    { stage: 0, round: 1, values: [0.1, 0.3] },
    { stage: 0, round: 7, values: [undefined, 0.4] },
    { stage: 1, round: 1, values: [null, undefined] },
  ]);
});
