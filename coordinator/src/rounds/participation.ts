import { idOf } from '@consilium/shared/contract';
import { coded, toWire, type WireError } from '@consilium/shared/errors';
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
  const needed = Math.max(1, quorum ?? memberSites(state).length);
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
  let total = 0;
  let present = 0;
  for (const [site, samples] of state.samples) {
    total += samples;
    if (state.accepted.has(site)) present += samples;
  }
  return total === 0 ? 0 : present / total;
}
