import { decodeWeights, encodeWeights } from '@consilium/shared/weights';

/** Format of the file of what a round of training leaves to the next one of its stage. */
export const onwardFormat = 'consilium-onward-1';

/** What is left to the next round, by name: of each one value for every weight of the model. */
export type Onward = Readonly<Record<string, Float32Array>>;

/** @param stage that the round was of */
export const encodeOnward = (onward: Onward, stage: number): Uint8Array => {
  const parts = Object.entries(onward);
  const values = new Float32Array(parts.reduce((sum, [, own]) => sum + own.length, 0));
  let offset = 0;
  for (const [, own] of parts) {
    values.set(own, offset);
    offset += own.length;
  }
  const layout = parts.map(([name, own]) => ({ name, shape: [own.length] }));
  return encodeWeights({ layout, metadata: { format: onwardFormat, stage: String(stage) }, values });
};

/**
 * What an earlier round left under a name; null where it left nothing, or was of another stage: a stage begins from the best model of
 * the one before, mostly not the last.
 * @throws CSM-WEIGHTS-*
 */
export function onwardPart(
  file: Uint8Array | null,
  name: string,
  { stage, elements }: { readonly stage: number; readonly elements: number },
): Float32Array | null {
  if (file === null) return null;
  const { layout, metadata, values } = decodeWeights(file);
  if (metadata.stage !== String(stage)) return null;
  let offset = 0;
  for (const { name: own, shape } of layout) {
    const end = offset + (shape[0] ?? 1);
    if (own === name && end - offset === elements) return values.subarray(offset, end);
    offset = end;
  }
  return null;
}
