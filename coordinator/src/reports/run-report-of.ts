import { caveatOf, idOf, stagesOf } from '@consilium/shared/contract';
import { fromWire, type WireError } from '@consilium/shared/errors';
import type { BlobHash, SiteId } from '@consilium/shared/ids';
import { mergeCounts, metricsOf, type PooledPart, releasePooled } from '@consilium/shared/metrics';
import { type Evaluation, isOfSome, type RunReport, runReport, type SiteReport } from '@consilium/shared/report';
import {
  coverageOf,
  type RunState,
  reportStandings,
  resultOf,
  type StepHistory,
  shareBehind,
} from '../rounds/index.js';
import { contractTerms } from './contract-terms.js';
import { matrixOf, rounded, spreadOf, upliftsOf } from './matrix.js';

/** All that a run report is made from. Nothing else enters it: the same facts give the same report. */
export interface RunFacts {
  readonly state: RunState;
  /** SHA-256 of the journal's last record, and how many there are. */
  readonly journal: { readonly head: BlobHash; readonly records: number };
  /** Times of the journal's first and last record. ISO 8601, UTC. */
  readonly began: string;
  readonly ended: string;
  /** What the sites sent for the final test, in canonical site order. */
  readonly evaluations: readonly { readonly site: SiteId; readonly evaluation: Evaluation }[];
  /** Pooled figures as they were told, where the counts behind them are not there. */
  readonly told?: RunReport['pooled'];
  readonly traffic: RunReport['traffic'];
  readonly software: RunReport['software'];
}

/** The report of a run for its lead. Of a run that is not over it says how far it came. */
export function runReportOf(facts: RunFacts): RunReport {
  const { state, journal, began, ended, evaluations, traffic, software } = facts;
  const { contract } = state;
  const { runFile } = contract;
  const caveat = caveatOf(runFile);
  const reports = evaluations.flatMap(({ evaluation }) => evaluation.report?.report ?? []);
  const sites = siteRows(state, evaluations);
  return runReport.parse({
    format: 'consilium-run-report-1',
    consortium: contract.consortium,
    run: contract.run,
    name: runFile.name,
    outcome: outcomeOf(state, sites),
    caveat,
    terms: contractTerms(contract),
    minimumCell: runFile.validation.minimumCell,
    stages: stageRows(state),
    sites,
    participation: participationOf(state),
    ...shortfallsOf(state),
    ...(caveat === null ? figuresOf(facts, reports) : noFigures),
    traffic,
    contract: state.contractHash,
    model: resultOf(state),
    frozen: state.frozen,
    preparation: state.preparation,
    journal,
    software,
    notes: [...new Set(reports.flatMap(({ notes }) => notes))].slice(0, 20),
    wallSeconds: Math.max(0, (Date.parse(ended) - Date.parse(began)) / 1000),
    generatedAt: ended,
    synthetic: reports.some(({ synthetic }) => synthetic),
  } satisfies RunReport | { readonly contract: BlobHash | null });
}

type Figures = Pick<
  RunReport,
  'curve' | 'pooled' | 'matrix' | 'uplift' | 'fairness' | 'support' | 'groups' | 'figures'
>;

const noFigures: Figures = {
  curve: [],
  pooled: null,
  matrix: null,
  uplift: { told: [], withheld: [] },
  fairness: { accuracy: null, macroF1: null },
  support: null,
  groups: [],
  figures: [],
};

function figuresOf({ state, evaluations, told }: RunFacts, reports: readonly SiteReport[]): Figures {
  const { model, validation } = state.contract.runFile;
  const counts = evaluations.flatMap(({ evaluation }) => evaluation.counts ?? []);
  const parts: PooledPart[] = evaluations.flatMap(({ evaluation: { counts: own, report } }) =>
    own === null || report === null ? [] : [{ measures: metricsOf(own), released: report.report.measures }],
  );
  const pooled =
    counts.length === 0
      ? (told ?? null)
      : {
          sites: counts.length,
          measures: releasePooled(metricsOf(mergeCounts(counts), model.classes), parts, validation.minimumCell),
        };
  const test = state.history.find(({ step }) => step === 'test');
  const panels = test?.panels ?? [];
  return {
    curve: state.history.flatMap(curvePoint),
    pooled,
    matrix: matrixOf(reports, pooled?.measures.scores ?? null, panels),
    uplift: upliftsOf(reports),
    fairness: { accuracy: spreadOf(reports, 'accuracy'), macroF1: spreadOf(reports, 'macroF1') },
    support:
      pooled === null || reports.length === 0
        ? null
        : {
            classes: [...model.classes],
            rows: reports.map(({ site, measures }) => ({
              ...{ site, n: measures.n, counts: measures.perClass.map(({ support }) => support) },
            })),
            totals: pooled.measures.perClass.map(({ support }) => support),
            n: pooled.measures.n,
          },
    groups: panels
      .filter(({ name }) => isOfSome(name))
      .map(({ name, metrics: { n, accuracy, macroF1 } }) => ({
        ...{ name, n, cell: { accuracy: rounded(accuracy), macroF1: rounded(macroF1) } },
      })),
    figures: (test?.figures ?? []).map((own) => ({ ...own })),
  };
}

/** The pooled figures of one judged round. */
function curvePoint({ step, metrics }: StepHistory): RunReport['curve'] {
  const [, stage = '0', round] = /^validate:(?:(\d+):)?(\d+)$/.exec(step) ?? [];
  if (round === undefined || metrics === null) return [];
  const { n, ...scores } = metrics;
  return [{ stage: Number(stage), round: Number(round), n, scores }];
}

const stageRows = (state: RunState): RunReport['stages'] =>
  stagesOf(state.contract.runFile).map(({ index, name }) => ({
    ...{
      index,
      name,
      chosenRound: state.chosen[index] ?? (index === state.chosen.length ? state.best?.round : null) ?? null,
    },
  }));

function participationOf(state: RunState): RunReport['participation'] {
  const steps = new Map(state.steps.map((step) => [idOf(step), step]));
  return state.history.flatMap(({ step: id, sites, absent }) => {
    const step = steps.get(id);
    if (step?.kind !== 'train') return [];
    return [
      {
        stage: step.stage,
        round: step.round,
        sites: sites.length,
        of: state.sites.length,
        sampleShare: shareBehind(state, step, (site) => sites.includes(site)),
        missing: state.sites
          .filter((site) => !sites.includes(site))
          .map((site) => ({ site, why: whyOf(absent.get(site)?.error) })),
      },
    ];
  });
}

/** Left out where no step lacked anything. */
function shortfallsOf(state: RunState): Pick<RunReport, 'shortfalls'> {
  const { shortfalls } = coverageOf(state);
  return shortfalls.length === 0
    ? {}
    : { shortfalls: shortfalls.map(({ step, unmet }) => ({ step, why: unmet.map(whyOf) })) };
}

function siteRows(state: RunState, evaluations: RunFacts['evaluations']): RunReport['sites'] {
  const standings = reportStandings(state);
  return coverageOf(state).sites.map(({ site, samples, contributed, asked, missing }) => {
    const sent = evaluations.find((one) => one.site === site)?.evaluation;
    const report = sent?.report?.report ?? null;
    const standing = standings?.find((one) => one.site === site);
    return {
      site,
      trainingSamples: samples,
      contributed,
      asked,
      missing: missing.map(({ since, error, excused }) => ({ since, excused, why: whyOf(error) })),
      report: report !== null ? 'released' : sent === undefined ? 'missing' : 'withheld',
      testSamples: report?.measures.n ?? null,
      backend: report?.backend ?? null,
      software: report?.software ?? null,
      note:
        report !== null ? null : standing === undefined ? 'The final test is still to come.' : whyOf(standing.error),
    };
  });
}

/** How the run ended, and which sites' reports it lacks. */
function outcomeOf({ outcome, error }: RunState, sites: RunReport['sites']): RunReport['outcome'] {
  const lacking = sites.filter(({ report }) => report !== 'released').map(({ site }) => site);
  const why = [
    ...(error === null ? [] : [whyOf(error)]),
    ...(outcome === null || lacking.length === 0 ? [] : [`No report of ${lacking.join(', ')}.`]),
  ].join(' ');
  return { status: outcome ?? 'open', why: why === '' ? null : why.slice(0, 500) };
}

/** An error in one sentence. */
function whyOf(error: WireError | null | undefined): string {
  if (error === null || error === undefined) return 'It sent nothing.';
  const { code, message } = fromWire(error);
  return `${message} (${code})`.slice(0, 500);
}
