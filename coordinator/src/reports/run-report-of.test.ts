import { coded, toWire } from '@consilium/shared/errors';
import type { SiteId } from '@consilium/shared/ids';
import { countsOf, mergeCounts, metricsOf, withheld } from '@consilium/shared/metrics';
import { commonModel, type Evaluation, localOnly, previousModel, siteReport } from '@consilium/shared/report';
import { describe, expect, it } from 'vitest';
import { drawPredictions } from '../../../shared/src/metrics/predictions.fixture.js';
import { inventReport } from '../../../shared/src/report/reports.fixture.js';
import { poolEvaluations } from '../conduct/index.js';
import type { RunState } from '../rounds/index.js';
import { a, b, c, drive, hash, sites, until } from '../rounds/testing/drive.js';
import { runReportOf } from './index.js';

const classes = ['x', 'y'];
const rows: Readonly<Record<SiteId, number>> = { [a]: 80, [b]: 50, [c]: 30 };
const drawn = (site: SiteId) => drawPredictions({ ...shape, seed: rows[site]!, rows: rows[site]! });
const shape = { classes: 2, skill: 2.6, sharpness: 1.4 };

/** What a site sends for the test: the counts of its predictions, and the report of the same. */
function evaluationOf(site: SiteId, changes: object = {}): { site: SiteId; evaluation: Evaluation } {
  const { measures, ...report } = inventReport({ seed: rows[site]!, rows: rows[site]!, classes });
  return {
    site,
    evaluation: {
      salt: 'A'.repeat(22),
      counts: countsOf(drawn(site)),
      report: {
        report: siteReport.parse({ ...report, site, measures, ...changes }),
        signature: 'A'.repeat(86) as NonNullable<Evaluation['report']>['signature'],
      },
    },
  };
}

const silent = (site: SiteId): { site: SiteId; evaluation: Evaluation } => ({
  site,
  evaluation: { salt: 'A'.repeat(22), counts: null, report: null },
});

const reportOf = (state: RunState, evaluations: readonly { site: SiteId; evaluation: Evaluation }[] = []) =>
  runReportOf({
    state,
    journal: { head: hash('head'), records: 40 },
    began: '2026-01-12T08:00:00.000Z',
    ended: '2026-01-12T08:12:30.000Z',
    evaluations,
    traffic: sites.map((site) => ({ site, contributions: 6, refusals: 0, bytes: 1000 })),
    software: { consilium: '1.2.3' },
  });

/** Ends a run by a final test in which these evaluations came. */
function tested(run: ReturnType<typeof drive>, evaluations: readonly { site: SiteId; evaluation: Evaluation }[]) {
  for (const { site } of evaluations) run.contribute(site);
  const released = evaluations.map(({ site, evaluation: { report } }) => ({
    ...{ site, n: report?.report.measures.n ?? null, loss: null, accuracy: null, macroF1: null },
  }));
  const pooled = poolEvaluations(
    evaluations.map(({ evaluation }) => evaluation),
    classes,
  );
  run.fold({ ...pooled, released });
  return reportOf(run.state(), evaluations);
}

describe('the report of a run in which all took part', () => {
  const run = drive();
  until(run, 'test');
  const evaluations = sites.map((site) => evaluationOf(site));
  const report = tested(run, evaluations);

  it('says so, and names contract, model and journal', () => {
    expect(report.outcome).toEqual({ status: 'complete', why: null });
    expect(report).toMatchObject({
      ...{ contract: run.state().contractHash, model: run.state().best?.model, preparation: run.state().preparation },
      ...{ journal: { head: hash('head'), records: 40 }, wallSeconds: 750, generatedAt: '2026-01-12T08:12:30.000Z' },
      ...{ software: { consilium: '1.2.3' }, synthetic: true, minimumCell: 5, caveat: null },
      stages: [{ index: 0, chosenRound: 1 }],
    });
    expect(report.notes).toEqual(['Some classes have too few patients here to rank.']);
    expect(report.terms.find(({ label }) => label === 'Classes')?.value).toBe('x, y');
  });

  it('has a line for each round and for each site', () => {
    expect(report.participation).toEqual(
      [1, 2].map((round) => ({ stage: 0, round, sites: 3, of: 3, sampleShare: 1, missing: [] })),
    );
    expect(report.curve).toMatchObject([
      { stage: 0, round: 1, n: 10, scores: { loss: 0.5, accuracy: 0.5, auc: null } },
      { stage: 0, round: 2 },
    ]);
    expect(report.sites).toMatchObject([
      { site: a, trainingSamples: 10, testSamples: 80, report: 'released', missing: [], note: null },
      { site: b, trainingSamples: 30, testSamples: 50, report: 'released' },
      { site: c, trainingSamples: 60, testSamples: 30, report: 'released' },
    ]);
  });

  it('pools what all patients together say, and not a mean of the sites', () => {
    const counts = sites.map((site) => countsOf(drawn(site)));
    const together = metricsOf(mergeCounts(counts), classes);
    const { measures, sites: behind } = report.pooled!;
    expect([behind, measures.n]).toEqual([3, 160]);
    for (const name of ['accuracy', 'macroF1', 'auc', 'loss'] as const) {
      expect(measures.scores[name].value, name).toBeCloseTo(together[name]!, 2);
    }
    const right = sites.reduce(
      (sum, site) => sum + Math.round(metricsOf(countsOf(drawn(site))).accuracy! * rows[site]!),
      0,
    );
    expect(measures.scores.accuracy.value).toBeCloseTo(right / 160, 3);
  });

  it('holds each site beside the others, and how far apart they are', () => {
    const own = evaluations.map(({ evaluation }) => evaluation.report!.report.measures);
    expect(report.matrix?.columns).toEqual([commonModel]);
    expect(report.matrix?.rows.map(({ site, n }) => [site, n])).toEqual([
      [a, 80],
      [b, 50],
      [c, 30],
      [null, 160],
    ]);
    expect(report.matrix?.rows.map(({ cells }) => cells[0]?.accuracy)).toEqual([
      ...own.map(({ scores }) => scores.accuracy.value),
      report.pooled?.measures.scores.accuracy.value,
    ]);
    const values = own.map(({ scores }) => Number(scores.accuracy.value));
    expect(report.fairness.accuracy).toMatchObject({
      ...{ sites: 3, worst: { value: Math.min(...values) }, best: { value: Math.max(...values) } },
      spread: expect.closeTo(Math.max(...values) - Math.min(...values), 3),
    });
    expect(report.support?.rows.map(({ counts }) => counts)).toEqual(
      own.map(({ perClass }) => perClass.map(({ support }) => support)),
    );
    expect(report.support?.n).toBe(160);
  });
});

describe('the report of a run that lacks a site', () => {
  it('names the site, and why it was away in each round and in the test', () => {
    const run = drive({ participation: { quorum: 2 } });
    until(run, 'train:0:2');
    run.contribute(a);
    run.contribute(b);
    run.send({ kind: 'idle', site: c, idleMs: 600_000 });
    run.fold(run.outputOf());
    until(run, 'test', [a, b]);
    const report = tested(
      run,
      [a, b].map((site) => evaluationOf(site)),
    );
    expect(report.outcome).toEqual({ status: 'degraded', why: 'No report of hospital-c.' });
    const why = expect.stringMatching(/no progress for 600 s.*\(CSM-RUN-SITE-IDLE\)$/);
    expect(report.participation[1]).toMatchObject({ sites: 2, of: 3, sampleShare: 0.4, missing: [{ site: c, why }] });
    expect(report.sites[2]).toMatchObject({
      ...{ contributed: 4, report: 'missing', testSamples: null, backend: null, note: why },
      missing: [{ since: 'train:0:2', excused: false, why }],
    });
    expect(report.matrix?.rows.map(({ site }) => site)).toEqual([a, b, null]);
  });

  it('tells of one that withholds that it has too few patients, and nothing of these', () => {
    const run = drive();
    until(run, 'test');
    const report = tested(run, [evaluationOf(a), evaluationOf(b), silent(c)]);
    expect(report.outcome).toEqual({ status: 'complete', why: 'No report of hospital-c.' });
    expect(report.sites[2]).toMatchObject({
      ...{ report: 'withheld', testSamples: null, note: expect.stringContaining('(CSM-REPORT-WITHHELD)') },
    });
    expect(report.pooled?.sites).toBe(2);
    expect(report.support?.rows.map(({ site }) => site)).toEqual([a, b]);
  });
});

describe('what a report of a run holds back', () => {
  it('a pooled figure that one site alone withholds, for it would give that one away', () => {
    const run = drive();
    until(run, 'test');
    const panelOf = (site: SiteId, accuracy: number | typeof withheld) => {
      const { scores } = inventReport({ seed: rows[site]!, rows: rows[site]!, classes }).measures;
      return { panels: [{ name: localOnly, scores: { ...scores, accuracy: { value: accuracy, interval: null } } }] };
    };
    const evaluations = [
      evaluationOf(a, panelOf(a, 0.8)),
      evaluationOf(b, panelOf(b, withheld)),
      evaluationOf(c, panelOf(c, 0.7)),
    ].map(({ site, evaluation }) => ({
      ...{ site, evaluation: { ...evaluation, panels: [{ name: localOnly, counts: countsOf(drawn(site)) }] } },
    }));
    const { matrix, uplift } = tested(run, evaluations);
    expect(matrix?.columns).toEqual([commonModel, localOnly]);
    expect(matrix?.rows.map(({ cells }) => cells[1]?.accuracy)).toEqual([0.8, withheld, 0.7, withheld]);
    expect(typeof matrix?.rows.at(-1)?.cells[1]?.macroF1).toBe('number');
    // None of them says by how much the common model is above the own one.
    expect(uplift).toEqual({ told: [], withheld: sites.map((site) => ({ site, over: localOnly })) });
  });

  it('no more of an earlier model than of a site alone: each has its column, and where its difference is withheld', () => {
    const run = drive();
    until(run, 'test');
    const { scores } = inventReport({ seed: 1, rows: 80, classes }).measures;
    const none = { balancedAccuracy: null, macroF1: null, auc: null };
    const over = { over: previousModel, scores: { ...none, accuracy: { difference: 0.02, interval: null } } };
    const evaluations = [
      evaluationOf(a, {
        panels: [previousModel, 'majority', localOnly].map((name) => ({ name, scores })),
        uplift: [over],
      }),
      evaluationOf(b, { panels: [{ name: previousModel, scores }] }),
    ];
    const { matrix, uplift } = tested(run, evaluations);
    expect(matrix?.columns).toEqual([commonModel, localOnly, previousModel, 'majority']);
    expect(uplift.told).toMatchObject([{ site: a, over: previousModel }]);
    expect(uplift.withheld).toEqual([
      { site: a, over: localOnly },
      { site: b, over: previousModel },
    ]);
  });

  it('every figure, where figures are no measure of the model', () => {
    const run = drive({ preparation: { oversample: { method: 'duplicate', when: 'beforeSplit' } } });
    until(run, 'test');
    const report = tested(
      run,
      sites.map((site) => evaluationOf(site)),
    );
    expect(report.caveat).toContain('not a measure');
    expect(report).toMatchObject({ curve: [], pooled: null, matrix: null, support: null, groups: [], figures: [] });
    expect(report.fairness).toEqual({ accuracy: null, macroF1: null });
    expect(report.participation).toHaveLength(2);
  });
});

describe('the report of a run without a final test', () => {
  it('says how far an open run came', () => {
    const run = drive();
    until(run, 'train:0:2');
    const report = reportOf(run.state());
    expect(report).toMatchObject({
      outcome: { status: 'open', why: null },
      pooled: null,
      matrix: null,
      model: hash('model-3'),
    });
    expect(report.participation).toHaveLength(1);
    expect(report.sites.map(({ report, note }) => [report, note])).toEqual(
      sites.map(() => ['missing', 'The final test is still to come.']),
    );
  });

  it('says why a run has failed, and of every site that its report is missing', () => {
    const run = drive();
    until(run, 'train:0:1');
    run.send({ kind: 'revoked', site: c });
    run.send({ kind: 'stop' });
    const report = reportOf(run.state());
    const stopped = toWire(coded('CSM-RUN-STOPPED'));
    expect(report.outcome.status).toBe('failed');
    expect(report.outcome.why).toMatch(
      new RegExp(
        `^The lead stopped the run\\. \\(${stopped.code}\\) No report of hospital-a, hospital-b, hospital-c\\.$`,
      ),
    );
    expect(report.sites.map(({ note }) => note)).toEqual([
      ...Array(2).fill('The lead stopped the run. (CSM-RUN-STOPPED)'),
      expect.stringContaining('(CSM-SITE-REVOKED)'),
    ]);
  });
});
