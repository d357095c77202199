import { milliseconds } from '@consilium/shared/contract';
import type { WireError } from '@consilium/shared/errors';
import type { SiteId } from '@consilium/shared/ids';
import {
  currentStep,
  mayReturn,
  memberSites,
  quorumOf,
  type RunState,
  shareBehind,
  shortfalls,
} from '../rounds/index.js';
import type { RunView } from './view.js';

/** What the contract asks of a step, how the open one stands to it, and who is missing from that. */
export function participationOf(state: RunState, awaySince: ReadonlyMap<SiteId, string>): RunView['participation'] {
  const { required, minimumSampleShare, idleLimit, onShortfall = null } = state.contract.runFile.participation;
  const step = currentStep(state);
  const isAsked = step !== null && step.kind !== 'initial' && state.phase !== 'closed' && state.stepPhase !== 'done';
  return {
    onShortfall,
    required: [...required],
    quorum: quorumOf(state),
    minimumSampleShare,
    idleLimitSeconds: milliseconds(idleLimit) / 1000,
    open: isAsked
      ? {
          asked: memberSites(state).length,
          behind: state.accepted.size,
          sampleShare: state.samples.size === 0 ? null : shareBehind(state, step, (site) => state.accepted.has(site)),
          unmet: lacksOf(state),
        }
      : null,
    missing: [...state.absent].map(([site, absence]) => ({
      ...{ site, since: absence.step, at: awaySince.get(site) ?? null, excused: absence.excused },
      ...{ mayReturn: state.phase !== 'closed' && mayReturn(state, absence), error: copy(absence.error) },
    })),
  };
}

/** While a step is folded it is what was judged that counts. */
const lacksOf = (state: RunState) => (state.folding?.unmet ?? shortfalls(state).map(({ error }) => error)).map(copy);

const copy = ({ code, details }: WireError) => ({ code, details: { ...details } });
