import { idOf } from '@consilium/shared/contract';
import { coded, toWire, type WireError } from '@consilium/shared/errors';
import type { SiteId } from '@consilium/shared/ids';
import { isOfStage, shareBehind } from './samples.js';
import { currentStep, memberSites, type RunState } from './state.js';

/** What the contract's participation rule still lacks for the open step; null when the step may be folded. */
export function shortfall(state: RunState): WireError | null {
  const step = currentStep(state);
  if (step === null || step.kind === 'initial') return null;
  const { required, quorum, minimumSampleShare } = state.contract.runFile.participation;
  const missing = required.filter((site) => !state.accepted.has(site));
  if (missing.length > 0) {
    return toWire(coded('CSM-RUN-REQUIRED-MISSING', { step: idOf(step), sites: missing.join(', ') }));
  }
  const asked = memberSites(state).filter((site) => state.accepted.has(site) || isOfStage(state, site));
  const needed = Math.max(1, quorum ?? asked.length);
  if (state.accepted.size < needed) {
    return toWire(coded('CSM-RUN-QUORUM', { step: idOf(step), sites: state.accepted.size, needed }));
  }
  if (step.kind === 'train') {
    const share = sampleShare(state);
    if (share < minimumSampleShare) {
      return toWire(
        coded('CSM-RUN-SAMPLE-SHARE', { step: idOf(step), share: share.toFixed(3), needed: minimumSampleShare }),
      );
    }
  }
  return null;
}

/** Share of the signed training samples that stand behind the open step's accepted contributions. */
export function sampleShare(state: RunState): number {
  const step = currentStep(state);
  return step === null ? 0 : shareBehind(state, step, (site) => state.accepted.has(site));
}

/** Whether the contract's own rule leaves a site out that declines with a code: too few patients, in all or in the stage's groups. */
export const isExcused = (state: RunState, site: SiteId, code: string): boolean =>
  code === 'CSM-COHORT-SMALL' || (code === 'CSM-COHORT-STAGE' && !isOfStage(state, site));
