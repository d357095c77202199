import { type Choose, isBetter } from '@consilium/shared/contract';
import type { BlobHash } from '@consilium/shared/ids';
import type { PooledMetrics } from './records.js';
import type { RunState } from './state.js';

interface Candidate {
  readonly round: number;
  readonly model: BlobHash;
  readonly metrics: PooledMetrics;
}

/** The better of the best so far and a newly judged round, by pooled validation; a tie keeps the earlier round. */
export function better(choose: Choose, best: RunState['best'], candidate: Candidate): RunState['best'] {
  const value = candidate.metrics[choose];
  if (value === null) return best;
  return isBetter(choose, value, best?.value ?? null)
    ? { round: candidate.round, model: candidate.model, value }
    : best;
}
