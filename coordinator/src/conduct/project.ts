import { idOf } from '@consilium/shared/contract';
import type { SignedManifest } from '@consilium/shared/wire';
import { currentStage, currentStep, type RunRecord, type RunState, type StepOutput } from '../rounds/index.js';
import { type MetricRow, putContribution, putMetrics, putRun, type Tx } from '../store/index.js';

/** A record, the state after it, and the time on its label. */
export interface ChainedRecord {
  readonly record: RunRecord;
  readonly state: RunState;
  readonly time: string;
}

/** What the tables need beside the journal. */
export interface RunFacts {
  /** The signed contract that the run was launched with, as JSON. */
  readonly signedContract: string;
  readonly created: string;
}

/** Writes what a run's new records mean into the tables, in the transaction that appends them. */
export async function project(tx: Tx, changes: readonly ChainedRecord[], facts: RunFacts): Promise<void> {
  for (const change of changes) await projectDetail(tx, change);
  const last = changes.at(-1);
  if (last) await putRun(tx, runRow(last.state, last.time, facts));
}

async function projectDetail(tx: Tx, { record, state, time }: ChainedRecord): Promise<void> {
  switch (record.type) {
    case 'contribution-accepted':
      return putContribution(tx, contributionRow(record.contribution, 'accepted', null, time));
    case 'contribution-refused':
      return putContribution(tx, contributionRow(record.contribution, 'refused', record.error.code, time));
    case 'step-done':
      return putMetrics(tx, metricRows(state, record.output));
    case 'offered':
    case 'step-opened':
    case 'site-left':
    case 'site-joined':
    case 'site-rekeyed':
    case 'key-changed':
    case 'site-returned':
    case 'step-folding':
    case 'extended':
    case 'paused':
    case 'resumed':
    case 'closed':
      return;
    default:
      record satisfies never;
  }
}

function runRow(state: RunState, updated: string, { signedContract, created }: RunFacts) {
  const step = currentStep(state);
  if (state.contractHash === null || state.phase === 'new') throw new TypeError('a run is projected after its offer');
  return {
    run: state.contract.run,
    name: state.contract.runFile.name,
    contractHash: state.contractHash,
    contract: signedContract,
    phase: state.phase,
    step: step === null ? null : idOf(step),
    stepIndex: Math.max(0, state.index),
    steps: state.steps.length,
    model: state.model,
    preparation: state.preparation,
    bestRound: state.best?.round ?? null,
    outcome: state.outcome,
    cause: state.error?.code ?? null,
    created,
    updated,
  };
}

function contributionRow(
  { manifest }: SignedManifest,
  outcome: 'accepted' | 'refused',
  code: string | null,
  at: string,
) {
  const { run, step, site, kind, hash, bytes, samples } = manifest;
  return { run, step, site, kind, hash, bytes, samples, outcome, code, at };
}

function metricRows(state: RunState, output: StepOutput): readonly MetricRow[] {
  const step = currentStep(state);
  if (step === null || (step.kind !== 'validate' && step.kind !== 'test')) return [];
  const round = step.kind === 'validate' ? step.round : (state.best?.round ?? currentStage(state)?.rounds ?? 0);
  const place = { run: state.contract.run, step: idOf(step), round };
  const rows = (site: MetricRow['site'], figures: Readonly<Record<string, number | null>>): MetricRow[] =>
    Object.entries(figures).map(([name, value]) => ({ ...place, site, name, value }));
  return [
    ...(output.metrics ? rows(null, output.metrics) : []),
    ...(output.released ?? []).flatMap(({ site, panels: _, ...figures }) => rows(site, figures)),
  ];
}
