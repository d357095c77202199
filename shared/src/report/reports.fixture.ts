import { intervalsOf, measure, suppress, withheld } from '../metrics/index.js';
import { drawPredictions, generator } from '../metrics/predictions.fixture.js';
import { localOnly } from './figure-name.js';
import { commonModel, type RunReport, runReport } from './run-report.js';
import { releaseDataCounts, type SiteReport, siteReport } from './site-report.js';

const hex = (digit: string, length: number) => digit.repeat(length);
export const subtypes = ['NPM1', 'CEBPA', 'inv(16)', 't(8;21)', 'KMT2A', 'TP53 / complex', 'MDS-related', 't-AML'];

/** An invented site's report, as a site would build it. */
export function inventReport(options: { seed?: number; rows?: number; classes?: readonly string[] } = {}): SiteReport {
  const { seed = 11, rows = 140, classes = subtypes } = options;
  const predictions = drawPredictions({ seed, rows, classes: classes.length, skill: 2.6, sharpness: 1.4 });
  const intervals = intervalsOf(predictions, 200, generator(seed));
  return siteReport.parse({
    format: 'consilium-report-1',
    consortium: hex('c', 32),
    run: hex('1f', 16),
    runName: 'aml-subtypes',
    site: 'hospital-north',
    step: 'test',
    part: 'test',
    contract: hex('a7', 32),
    model: hex('3e', 32),
    minimumCell: 5,
    measures: suppress(measure(predictions, classes), 5, { intervals }),
    data: releaseDataCounts(
      { read: 723, kept: 690, otherLabel: 30, quarantined: 3, features: 400, missingFeatures: 12 },
      5,
    ),
    backend: 'wasm 4.22.0, 1 thread, CPU',
    software: { consilium: '0.1.0', node: '20.19.0', tensorflow: '4.22.0' },
    notes: ['Some classes have too few patients here to rank.'],
    generatedAt: '2026-03-04T10:12:00Z',
    synthetic: true,
  });
}

/** An invented run of four sites, one of them away for two rounds. */
export function inventRun(): RunReport {
  const sites = ['hospital-north', 'hospital-east', 'hospital-south', 'hospital-west'];
  const reports = sites.map((_, index) => inventReport({ seed: index + 1, rows: [140, 66, 38, 21][index]! }));
  const random = generator(2);
  const rounds = Array.from({ length: 30 }, (_, index) => index + 1);
  const rise = (from: number, to: number, round: number) =>
    to + (from - to) * Math.exp(-round / 6) + 0.015 * (random() - 0.5);
  return runReport.parse({
    format: 'consilium-run-report-1',
    consortium: hex('c', 32),
    run: hex('1f', 16),
    name: 'aml-subtypes',
    outcome: { status: 'degraded', why: 'One site was away for two rounds.' },
    caveat: null,
    terms: [
      { label: 'Model', value: 'attention-aml, preset paper, 8 classes' },
      { label: 'Training', value: '30 rounds of 1 epoch, batches of 32, Adam at 0.001, fedavg' },
      { label: 'Preparation', value: 'log1p of all features; mean imputation; federated z-score; clipped at ±10' },
      { label: 'Seed', value: '7' },
    ],
    minimumCell: 5,
    stages: [{ index: 0, name: 'train', chosenRound: 19 }],
    pooled: {
      sites: 3,
      measures: inventReport({ seed: 9, rows: 265 }).measures,
    },
    participation: rounds.map((round) => {
      const away = round === 12 || round === 13;
      return {
        stage: 0,
        round,
        sites: away ? 3 : 4,
        of: 4,
        sampleShare: away ? 0.92 : 1,
        missing: away ? [{ site: 'hospital-west', why: 'no progress for 10 min' }] : [],
      };
    }),
    curve: rounds.map((round) => ({
      stage: 0,
      round,
      n: 90,
      scores: {
        accuracy: rise(0.3, 0.76, round),
        balancedAccuracy: rise(0.15, 0.68, round),
        macroF1: rise(0.12, 0.66, round),
        auc: rise(0.6, 0.93, round),
        loss: rise(2.1, 0.82, round) + 0.004 * Math.max(0, round - 18),
      },
    })),
    sites: sites.map((site, index) => ({
      site,
      trainingSamples: [480, 210, 120, 70][index]!,
      contributed: index === 3 ? 58 : 62,
      asked: 62,
      missing: index === 3 ? [{ since: 'train:0:12', why: 'no progress for 10 min', excused: false }] : [],
      report: index === 3 ? 'withheld' : 'released',
      testSamples: index === 3 ? null : reports[index]!.measures.n,
      software: index === 3 ? null : { consilium: '0.1.0', node: '20.19.0' },
      backend: index === 0 ? 'native (CUDA), H200' : 'wasm',
      note: index === 3 ? 'Too few patients in each class to release a report.' : null,
    })),
    matrix: {
      columns: [commonModel, localOnly],
      rows: [...reports.slice(0, 3), null].map((report) => ({
        site: report === null ? null : sites[reports.indexOf(report)],
        n: report?.measures.n ?? 244,
        cells: [
          { accuracy: report?.measures.scores.accuracy.value ?? 0.7, macroF1: withheld },
          report === null ? null : { accuracy: 0.61, macroF1: 0.5 },
        ],
      })),
    },
    uplift: {
      told: [
        {
          ...{ site: sites[0], n: 140, over: localOnly },
          scores: {
            accuracy: { difference: 0.06, interval: { low: -0.01, high: 0.12 } },
            ...{ balancedAccuracy: null, macroF1: null, auc: null },
          },
        },
      ],
      withheld: [{ site: sites[2], over: localOnly }],
    },
    fairness: {
      accuracy: {
        sites: 3,
        worst: { site: sites[2], n: 38, value: 0.61 },
        best: { site: sites[0], n: 140, value: 0.78 },
        spread: 0.17,
      },
      macroF1: null,
    },
    support: {
      classes: subtypes,
      rows: reports.slice(0, 3).map((report, index) => ({
        ...{ site: sites[index], n: report.measures.n },
        counts: report.measures.perClass.map(({ support }) => support),
      })),
      totals: subtypes.map(() => withheld),
      n: 244,
    },
    groups: [{ name: 'group: children', n: 40, cell: { accuracy: 0.7, macroF1: 0.6 } }],
    figures: [{ name: 'retrieval-map3', n: 244, mean: 0.52 }],
    traffic: sites.map((site) => ({ site, contributions: 62, refusals: 0, bytes: 9_300_000 })),
    contract: hex('a7', 32),
    model: hex('3e', 32),
    frozen: null,
    preparation: hex('5d', 32),
    journal: { head: hex('9b', 32), records: 214 },
    software: { consilium: '0.1.0', node: '20.19.0' },
    notes: [],
    wallSeconds: 412,
    generatedAt: '2026-03-04T10:30:00Z',
    synthetic: true,
  });
}
