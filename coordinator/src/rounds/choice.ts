import type { RunFile } from '@consilium/shared/contract';
import type { BlobHash } from '@consilium/shared/ids';
import type { PooledMetrics } from './records.js';
import type { RunState } from './state.js';

type Choose = RunFile['validation']['choose'];

interface Candidate {
  readonly round: number;
  readonly model: BlobHash;
  readonly metrics: PooledMetrics;
}

/** The better of the best so far and a newly judged round, by pooled validation; a tie keeps the earlier round. */
export function better(choose: Choose, best: RunState['best'], candidate: Candidate): RunState['best'] {
  const value = candidate.metrics[choose];
  if (value === null) return best;
  const wins = best === null || (choose === 'loss' ? value < best.value : value > best.value);
  return wins ? { round: candidate.round, model: candidate.model, value } : best;
}
