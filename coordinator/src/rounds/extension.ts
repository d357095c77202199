import { type Contract, contractHash, extendContract, extensionOf, idOf, stepsOf } from '@consilium/shared/contract';
import { asCoded, type CodedError, coded } from '@consilium/shared/errors';
import { currentStep, type RunState } from './state.js';

/**
 * Why a run cannot go on under a contract that the lead signed in place of its own; null when it can: the contract is the
 * run's own one, extended, and all that was done so far has the same place in it.
 */
export function extensionFault(state: RunState, contract: Contract): CodedError | null {
  const { run } = state.contract;
  const base = contract.extends?.at(-1)?.contract;
  if (contract.run !== run || base === undefined) return coded('CSM-EXTEND-OTHER', { run });
  if (base !== state.contractHash) return coded('CSM-EXTEND-STALE', { run });
  try {
    const due = extendContract(state.contract, extensionOf(contract));
    if (contractHash(due) !== contractHash(contract)) return coded('CSM-EXTEND-OTHER', { run });
  } catch (thrown) {
    return asCoded(thrown);
  }
  const step = currentStep(state);
  const now = step === null ? null : idOf(step);
  const then = stepsOf(contract.runFile)[state.index];
  if (state.phase !== 'closed' && then !== undefined && idOf(then) === now) return null;
  return coded('CSM-EXTEND-LATE', { run, step: now ?? 'none', phase: state.phase });
}
