import { intervalsOf, measure, suppress } from '../metrics/index.js';
import { drawPredictions, generator } from '../metrics/predictions.fixture.js';
import { type RunReport, runReport } from './run-report.js';
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
    terms: [
      { label: 'Model', value: 'attention-aml, preset paper, 8 classes' },
      { label: 'Training', value: '30 rounds of 1 epoch, batches of 32, Adam at 0.001, fedavg' },
      { label: 'Preparation', value: 'log1p of all features; mean imputation; federated z-score; clipped at ±10' },
      { label: 'Seed', value: '7' },
    ],
    minimumCell: 5,
    pooled: {
      part: 'test',
      sites: 4,
      measures: inventReport({ seed: 9, rows: 265 }).measures,
    },
    participation: rounds.map((round) => {
      const away = round === 12 || round === 13;
      return {
        round,
        sites: away ? 3 : 4,
        of: 4,
        sampleShare: away ? 0.92 : 1,
        missing: away ? [{ site: 'hospital-west', why: 'no progress for 10 min' }] : [],
      };
    }),
    curve: rounds.map((round) => ({
      round,
      scores: {
        accuracy: rise(0.3, 0.76, round),
        balancedAccuracy: rise(0.15, 0.68, round),
        macroF1: rise(0.12, 0.66, round),
        auc: rise(0.6, 0.93, round),
        loss: rise(2.1, 0.82, round) + 0.004 * Math.max(0, round - 18),
      },
    })),
    chosenRound: 19,
    sites: sites.map((site, index) => ({
      site,
      trainingSamples: [480, 210, 120, 70][index]!,
      testSamples: reports[index]!.measures.n,
      scores: index === 3 ? null : reports[index]!.measures.scores,
      backend: index === 0 ? 'native (CUDA), H200' : 'wasm',
      note: index === 3 ? 'Too few patients in each class to release a report.' : null,
    })),
    contract: hex('a7', 32),
    model: hex('3e', 32),
    journal: { head: hex('9b', 32), records: 214 },
    software: { consilium: '0.1.0', node: '20.19.0' },
    notes: [],
    wallSeconds: 412,
    generatedAt: '2026-03-04T10:30:00Z',
    synthetic: true,
  });
}
