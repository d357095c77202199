import type { Model } from '@consilium/models/training';
import { fail } from '@consilium/shared/errors';
import { decodeWeights, elementsOf, layoutElements } from '@consilium/shared/weights';

/**
 * The control variates of SCAFFOLD (Karimireddy et al. 2020) that a round begins with: values of the model's shared tensors, in layout
 * order; null for zeros, as in a site's first round. What gradients do not move has none: a moving average, a frozen or a local tensor.
 */
export interface Variates {
  /** c: the mean of all sites' variates, as the coordinator has it. */
  readonly common: Float32Array | null;
  /** cᵢ: this site's own. */
  readonly own: Float32Array | null;
}

/** Reads c from its file. @throws CSM-TRAINER-MODEL when it is not of this model, CSM-WEIGHTS-* */
export function readCommon({ shared }: Model, file: Uint8Array | null, step: string): Float32Array | null {
  if (file === null) return null;
  const { values } = decodeWeights(file);
  return values.length === layoutElements(shared.layout) ? values : fail('CSM-TRAINER-MODEL', { step });
}

/** What every gradient of a tensor is corrected by, by its name: c − cᵢ. */
export function correctionOf(model: Model, { common, own }: Variates): ReadonlyMap<string, Float32Array> {
  return new Map(
    trainedSpans(model).map(({ name, begin, end }) => {
      const correction = new Float32Array(end - begin);
      for (let at = begin; at < end; at++) correction[at - begin] = (common?.[at] ?? 0) - (own?.[at] ?? 0);
      return [name, correction];
    }),
  );
}

/**
 * This site's variate after a round (option II): cᵢ − c + (x − y) / (K η), the mean of the gradients that it saw.
 * @param walk x and y: the model's shared values before and after; K η: how far its steps went together
 */
export function variateAfter(
  model: Model,
  { common, own }: Variates,
  walk: { readonly before: Float32Array; readonly after: Float32Array; readonly distance: number },
): Float32Array {
  const { before, after, distance } = walk;
  const next = new Float32Array(before.length);
  for (const { begin, end } of trainedSpans(model)) {
    for (let at = begin; at < end; at++) {
      next[at] = (own?.[at] ?? 0) - (common?.[at] ?? 0) + (before[at]! - after[at]!) / distance;
    }
  }
  return next;
}

/** Where the shared tensors lie that gradients move. */
function trainedSpans({ shared, trained }: Model): readonly { name: string; begin: number; end: number }[] {
  const names = new Set(trained.map(({ name }) => name));
  let end = 0;
  return shared.layout.flatMap(({ name, shape }) => {
    const begin = end;
    end += elementsOf(shape);
    return names.has(name) ? [{ name, begin, end }] : [];
  });
}
