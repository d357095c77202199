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
    case 'contribution-accepted':
      return accepted(state, [record]);
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

/**
 * The run after many more records, as `apply` makes it of one after the other. What a thousand sites contributed to a step is not
 * copied a thousand times.
 */
export function applyAll(before: RunState, records: readonly RunRecord[]): RunState {
  let state = before;
  let together: Accepted[] = [];
  for (const record of records) {
    if (record.type === 'contribution-accepted') {
      together.push(record);
      continue;
    }
    state = apply(accepted(state, together), record);
    together = [];
  }
  return accepted(state, together);
}

type Accepted = Extract<RunRecord, { type: 'contribution-accepted' }>;

function accepted(state: RunState, records: readonly Accepted[]): RunState {
  if (records.length === 0) return state;
  const sites = records.map(({ site }) => site);
  const counted = records.filter(({ step }) => step === 'prepare:cohort:1');
  return {
    ...state,
    accepted: withAll(
      state.accepted,
      records.map(({ site, contribution }) => [site, contribution]),
    ),
    refused: withoutAll(state.refused, sites),
    absent: withoutAll(state.absent, sites),
    samples: withAll(
      state.samples,
      counted.map(({ site, contribution }) => [site, contribution.manifest.samples]),
    ),
  };
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

const set = <K, V>(map: ReadonlyMap<K, V>, key: K, value: V): ReadonlyMap<K, V> => withAll(map, [[key, value]]);

function withAll<K, V>(map: ReadonlyMap<K, V>, entries: readonly (readonly [K, V])[]): ReadonlyMap<K, V> {
  if (entries.length === 0) return map;
  const all = new Map(map);
  for (const [key, value] of entries) all.set(key, value);
  return all;
}

const without = <K, V>(map: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> => withoutAll(map, [key]);

function withoutAll<K, V>(map: ReadonlyMap<K, V>, keys: readonly K[]): ReadonlyMap<K, V> {
  if (!keys.some((key) => map.has(key))) return map;
  const rest = new Map(map);
  for (const key of keys) rest.delete(key);
  return rest;
}

const keep = (map: ReadonlyMap<SiteId, Absence>, wanted: (absence: Absence) => boolean) =>
  new Map([...map].filter(([, absence]) => wanted(absence)));
