import { type RunFile, updateCoding, updateSettings } from '@consilium/shared/contract';
import { fail } from '@consilium/shared/errors';
import { decodeWeights, encodeUpdate, tensorAt, updateForm } from '@consilium/shared/weights';
import { encodeOnward, onwardPart } from './onward.js';

export interface TrainedRound {
  readonly run: RunFile;
  readonly stage: number;
  /** The global model and the trained one, as weights files. */
  readonly base: Uint8Array;
  readonly trained: Uint8Array;
  /** What the newest round that counted left for this one. */
  readonly onward: Uint8Array | null;
}

export interface CodedRound {
  readonly update: Uint8Array;
  /** What this round leaves, to be kept until the next one; null for nothing. */
  readonly onward: Uint8Array | null;
}

/**
 * What a site sends of a round: the trained weights as the run has updates coded. What coding lost stays at the site for the next round.
 * @throws CSM-TRAINER-DIVERGED where it is no number
 */
export function codeUpdate({ run, stage, base, trained, onward }: TrainedRound): CodedRound {
  const { codec, errorFeedback } = updateSettings(run);
  if (codec === 'f32') return { update: trained, onward: null };
  const model = decodeWeights(trained);
  const residual = errorFeedback ? onwardPart(onward, 'residual', { stage, elements: model.values.length }) : null;
  const values = { base: decodeWeights(base).values, trained: model.values, residual };
  const coded = encodeUpdate(updateForm(model, updateCoding(run, stage)), values);
  const bad = coded.residual.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) fail('CSM-TRAINER-DIVERGED', { tensor: tensorAt(model.layout, bad) });
  return { update: coded.file, onward: errorFeedback ? encodeOnward({ residual: coded.residual }, stage) : null };
}
