import { setImmediate as turn } from 'node:timers/promises';
import { idOf, type Step, stageOf } from '@consilium/shared/contract';
import type { SiteId, StepId } from '@consilium/shared/ids';
import { type Absence, currentStepId, type RunState, type StepHistory, shareBehind } from '../rounds/index.js';
import { type ContributionRow, contributionsOf, type Store } from '../store/index.js';
import type { Conductor } from './conductor.js';
import type { StepTimes } from './step-times.js';
import type { Page, StepsPage, StepView } from './view.js';

/**
 * A part of a run's steps in the order of their doing; the open one is the last. Between two steps the event loop has its turn:
 * each has a line for every site.
 */
export async function stepsOfRun(
  { state, times }: Pick<Conductor, 'state' | 'times'>,
  store: Pick<Store, 'read'>,
  { from, limit }: Page,
): Promise<StepsPage> {
  const open = state.stepPhase === 'done' ? null : currentStepId(state);
  const total = state.history.length + (open === null ? 0 : 1);
  const steps: StepView[] = [];
  const known = new Map(state.steps.map((step) => [idOf(step), step]));
  for (let index = from; index < Math.min(total, from + limit); index++) {
    await turn();
    const done = state.history[index];
    const id = done?.step ?? open!;
    const rows = await store.read((db) => contributionsOf(db, state.contract.run, id));
    const { absent, unmet, model } = done ?? { absent: state.absent, unmet: [], ...state.folding, model: null };
    const behind = new Set(done?.sites ?? state.accepted.keys());
    const facts = { id, step: known.get(id)!, absent, unmet, behind, model, rows, times: times.get(id) ?? null };
    steps.push(stepView(state, facts));
  }
  return { total, steps };
}

interface StepFacts {
  readonly id: StepId;
  readonly step: Step;
  readonly absent: ReadonlyMap<SiteId, Absence>;
  readonly unmet: StepHistory['unmet'];
  readonly behind: ReadonlySet<SiteId>;
  readonly model: StepView['model'];
  readonly rows: readonly ContributionRow[];
  readonly times: StepTimes | null;
}

function stepView(state: RunState, { id, step, absent, unmet, behind, model, rows, times }: StepFacts): StepView {
  const bySite = new Map<SiteId, ContributionRow[]>();
  for (const row of rows) {
    const own = bySite.get(row.site);
    if (own === undefined) bySite.set(row.site, [row]);
    else own.push(row);
  }
  const lineOf = (site: SiteId) => siteLine(site, bySite.get(site) ?? [], absent.get(site), times);
  const lines = step.kind === 'initial' ? [] : state.sites.map(lineOf);
  const count = (standing: StepView['sites'][number]['standing']) =>
    lines.filter((line) => line.standing === standing).length;
  return {
    step: id,
    kind: step.kind,
    stage: stageOf(step, state.contract.runFile)?.index ?? null,
    round: step.kind === 'train' || step.kind === 'validate' ? step.round : null,
    opened: times?.opened ?? null,
    folding: times?.folding ?? null,
    done: times?.done ?? null,
    model,
    isBest: model !== null && model === state.best?.model,
    asked: lines.length,
    accepted: count('accepted'),
    absent: count('absent') + count('left'),
    sampleShare:
      lines.length === 0 || state.samples.size === 0 ? null : shareBehind(state, step, (site) => behind.has(site)),
    unmet: unmet.map(({ code, details }) => ({ code, details: { ...details } })),
    bytes: lines.reduce((sum, { bytes }) => sum + bytes, 0),
    sites: lines,
  };
}

function siteLine(
  site: SiteId,
  own: readonly ContributionRow[],
  absence: Absence | undefined,
  times: StepTimes | null,
): StepView['sites'][number] {
  const accepted = own.find(({ outcome }) => outcome === 'accepted') ?? null;
  const refusals = own.filter(({ outcome }) => outcome === 'refused');
  const away = absence?.until === 'run' ? 'left' : 'absent';
  return {
    site,
    standing: accepted !== null ? 'accepted' : absence !== undefined ? away : 'awaited',
    hash: accepted?.hash ?? null,
    at: accepted?.at ?? null,
    seconds: accepted === null || times === null ? null : secondsBetween(times.opened, accepted.at),
    bytes: own.reduce((sum, { bytes }) => sum + bytes, 0),
    samples: accepted?.samples ?? null,
    refusals: refusals.length,
    code: accepted !== null ? null : (absence?.error.code ?? refusals.at(-1)?.code ?? null),
    excused: absence?.excused ?? false,
  };
}

const secondsBetween = (from: string, to: string): number =>
  Math.max(0, (new Date(to).getTime() - new Date(from).getTime()) / 1000);
