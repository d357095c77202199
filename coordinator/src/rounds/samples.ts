import { hasStageGroups, type Step } from '@consilium/shared/contract';
import type { SiteId } from '@consilium/shared/ids';
import { currentStage, type RunState } from './state.js';

/** Training samples that a site signed for a step: those of the stage's groups, or all; null where it signed none. */
export function samplesOf(state: RunState, site: SiteId, step: Step): number | null {
  const inStages = step.kind === 'train' || step.kind === 'validate';
  return inStages ? samplesInStage(state, site, step.stage) : (state.samples.get(site) ?? null);
}

/** Those of every site that signed some. */
export const samplesOfAll = (state: RunState, step: Step): ReadonlyMap<SiteId, number> =>
  new Map([...state.samples.keys()].map((site) => [site, samplesOf(state, site, step) ?? 0]));

/** Whether a site has enough training patients for the stage under way; for the last one in the test. It has, unless a stage has groups. */
export function isOfStage(state: RunState, site: SiteId): boolean {
  // Asked for every site of a thousand: most runs have no groups.
  if (!hasStageGroups(state.contract.runFile)) return true;
  const stage = currentStage(state);
  return stage === null || samplesInStage(state, site, stage.index) !== null;
}

/** Share of the training samples signed for a step that stand behind it. */
export function shareBehind(state: RunState, step: Step, has: (site: SiteId) => boolean): number {
  let total = 0;
  let present = 0;
  for (const site of state.samples.keys()) {
    const samples = samplesOf(state, site, step) ?? 0;
    total += samples;
    if (has(site)) present += samples;
  }
  return total === 0 ? 0 : present / total;
}

function samplesInStage(state: RunState, site: SiteId, stage: number): number | null {
  return hasStageGroups(state.contract.runFile)
    ? (state.stageSamples.get(site)?.[stage] ?? null)
    : (state.samples.get(site) ?? null);
}
