import { extendContract, idOf, type Step, stageAt, stepsOf } from '@consilium/shared/contract';
import { type SiteId, siteId } from '@consilium/shared/ids';
import { better } from './choice.js';
import { keptAfter } from './kept.js';
import type { RunRecord, StepOutput } from './records.js';
import { type Absence, currentStep, type RunState, type StepHistory } from './state.js';

/** The run after one more record. Pure and total: replaying a journal is a fold of this. */
export function apply(state: RunState, record: RunRecord): RunState {
  switch (record.type) {
    case 'offered':
      return {
        ...state,
        phase: 'running',
        stepwise: record.stepwise,
        contractHash: record.contract,
        contractBlob: record.contractBlob,
        sites: [...record.sites].sort(),
      };
    case 'step-opened':
      return {
        ...state,
        index: record.index,
        stepPhase: 'open',
        contracts: state.contractHash === null ? [] : [state.contractHash],
        accepted: new Map(),
        refused: new Map(),
        declines: new Map(),
        refusals: new Map(),
        absent: keep(state.absent, (absence) => absence.until !== 'step'),
      };
    case 'contribution-accepted': {
      const { manifest } = record.contribution;
      const samples =
        record.step === 'prepare:cohort:1' ? set(state.samples, record.site, manifest.samples) : state.samples;
      return {
        ...state,
        accepted: set(state.accepted, record.site, record.contribution),
        refused: without(state.refused, record.site),
        absent: without(state.absent, record.site),
        samples,
      };
    }
    case 'contribution-refused':
      return {
        ...state,
        refused: set(state.refused, record.site, { hash: record.contribution.manifest.hash, error: record.error }),
        refusals: set(state.refusals, record.site, (state.refusals.get(record.site) ?? 0) + 1),
      };
    case 'site-left': {
      const { step, until, excused, error } = record;
      return {
        ...state,
        absent: set(state.absent, record.site, { step, until, excused, error }),
        declines:
          until === 'step'
            ? set(state.declines, record.site, (state.declines.get(record.site) ?? 0) + 1)
            : state.declines,
        // What is being folded stays what it is, so that a fold begun again after a crash makes the same.
        accepted: until === 'run' && state.stepPhase === 'open' ? without(state.accepted, record.site) : state.accepted,
      };
    }
    case 'site-joined':
      return { ...state, sites: [...state.sites, record.site].sort() };
    case 'site-rekeyed':
      return { ...state, rekeyed: set(state.rekeyed, record.site, record.certificate.body.publicKey) };
    case 'key-changed':
      return state;
    case 'site-returned':
      return { ...state, absent: without(state.absent, record.site) };
    case 'step-folding':
      return {
        ...state,
        stepPhase: 'folding',
        folding: { absent: state.absent, unmet: record.unmet ?? [] },
      };
    case 'step-done':
      return finish(state, record.output);
    case 'extended':
      return extended(state, record);
    case 'paused':
      return { ...state, phase: 'paused', pausedBy: record.by, error: record.error };
    case 'resumed':
      return { ...state, phase: 'running', pausedBy: null, error: null };
    case 'closed':
      return { ...state, phase: 'closed', pausedBy: null, outcome: record.outcome, error: record.error };
    default:
      return record satisfies never;
  }
}

/** Steps so far keep their places, and what was sent under the former contract for the open one still counts. */
function extended(state: RunState, record: Extract<RunRecord, { type: 'extended' }>): RunState {
  const notAfter = new Date(record.notAfter);
  const contract = extendContract(state.contract, { rounds: record.rounds, notAfter });
  return {
    ...state,
    contract,
    steps: stepsOf(contract.runFile),
    contractHash: record.contract,
    contractBlob: record.contractBlob,
    contracts: [...state.contracts, record.contract],
  };
}

function finish(state: RunState, output: StepOutput): RunState {
  const step = currentStep(state);
  if (step === null) return state;
  const model = output.model ?? state.model;
  const metrics = output.metrics ?? null;
  const entry = {
    step: idOf(step),
    sites: [...state.accepted.keys()].sort() as readonly SiteId[],
    // A site that came back, or was revoked, while the step was folded changes nothing about who stands behind it.
    absent: state.folding?.absent ?? state.absent,
    unmet: state.folding?.unmet ?? [],
    metrics,
    released: output.released ?? [],
    panels: output.panels ?? [],
    figures: output.figures ?? [],
    model: output.model ?? null,
  };
  return {
    ...state,
    stepPhase: 'done',
    folding: null,
    model,
    // A stage begins with nothing judged yet, and with frozen tensors of its own.
    frozen: step.kind === 'initial' ? (output.frozen ?? null) : state.frozen,
    strategyState: strategyStateAfter(state, step, output),
    stageSamples: output.stageSamples ? bySite(output.stageSamples) : state.stageSamples,
    preparation: output.preparation ?? state.preparation,
    best: step.kind === 'initial' ? null : bestOf(state, step, model, metrics),
    chosen:
      step.kind === 'initial' && step.stage > 0 ? [...state.chosen, endedWith(state, step.stage - 1)] : state.chosen,
    history: [...state.history, entry],
    kept: keptAfter(state, output),
  };
}

/** A strategy remembers the rounds of its stage: it begins anew with each. */
function strategyStateAfter(state: RunState, { kind }: Step, output: StepOutput): RunState['strategyState'] {
  if (kind === 'initial') return null;
  return kind === 'train' ? (output.strategyState ?? null) : state.strategyState;
}

const bySite = (samples: NonNullable<StepOutput['stageSamples']>): RunState['stageSamples'] =>
  new Map(Object.entries(samples).map(([site, own]) => [siteId.parse(site), own]));

/** The round that a stage handed over: the best by validation, else the last. */
const endedWith = ({ best, contract }: RunState, stage: number): number =>
  best?.round ?? stageAt(contract.runFile, stage).rounds;

function bestOf(
  state: RunState,
  step: Step,
  model: RunState['model'],
  metrics: StepHistory['metrics'],
): RunState['best'] {
  if (step.kind !== 'validate' || metrics === null || model === null) return state.best;
  const { choose } = stageAt(state.contract.runFile, step.stage);
  return better(choose, state.best, { round: step.round, model, metrics });
}

const set = <K, V>(map: ReadonlyMap<K, V>, key: K, value: V): ReadonlyMap<K, V> => new Map(map).set(key, value);

function without<K, V>(map: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> {
  if (!map.has(key)) return map;
  const rest = new Map(map);
  rest.delete(key);
  return rest;
}

const keep = (map: ReadonlyMap<SiteId, Absence>, wanted: (absence: Absence) => boolean) =>
  new Map([...map].filter(([, absence]) => wanted(absence)));
