import { z } from 'zod';
import { canonicalBytes } from '../canonical.js';
import { type Contract, contract } from '../contract/index.js';
import { fail } from '../errors/index.js';

/** The result of an earlier run with all that it takes to judge it: what its export holds. */
export interface PreviousModel {
  readonly contract: Contract;
  /** As files of the export. */
  readonly preparation: Uint8Array;
  readonly model: Uint8Array;
  /** Null where the last stage trained all. */
  readonly frozen: Uint8Array | null;
}

const bytes = z.int().min(0);
const header = z.strictObject({
  format: z.literal('consilium-previous-1'),
  contract: bytes,
  preparation: bytes,
  model: bytes,
  frozen: bytes.nullable(),
});

const newline = 10;
/** Longer than any header. */
const headerBytes = 512;

/** One file of it: a line that says how long each part is, then the parts. */
export function encodePrevious({ contract: terms, preparation, model, frozen }: PreviousModel): Uint8Array {
  const parts = [canonicalBytes(terms), preparation, model, ...(frozen === null ? [] : [frozen])];
  const [contractBytes, preparationBytes, modelBytes, frozenBytes = null] = parts.map(({ length }) => length);
  const line = JSON.stringify({
    ...{ format: 'consilium-previous-1', contract: contractBytes, preparation: preparationBytes },
    ...{ model: modelBytes, frozen: frozenBytes },
  });
  return joined([new TextEncoder().encode(`${line}\n`), ...parts]);
}

const refuse = (problem: string): never => fail('CSM-RUNFILE-PREVIOUS', { file: 'of an earlier run', problem });

/** Reads the file. @throws CSM-RUNFILE-PREVIOUS */
export function readPrevious(file: Uint8Array): PreviousModel {
  const end = file.subarray(0, headerBytes).indexOf(newline);
  const parsed = header.safeParse(jsonOf(file.subarray(0, Math.max(0, end))));
  if (!parsed.success) return refuse('it has no header');
  const { contract: contractBytes, preparation, model, frozen } = parsed.data;
  let at = end + 1;
  const [terms, ...rest] = [contractBytes, preparation, model, frozen ?? 0].map((length) => {
    const part = file.subarray(at, at + length);
    at += length;
    return part;
  });
  if (at !== file.length) return refuse('it has another length than its header says');
  const read = contract.safeParse(jsonOf(terms!));
  if (!read.success) return refuse('it holds no contract');
  return { contract: read.data, preparation: rest[0]!, model: rest[1]!, frozen: frozen === null ? null : rest[2]! };
}

/** Parts of a file as one. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function jsonOf(text: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(text));
  } catch {
    return undefined;
  }
}
