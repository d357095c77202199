import { buffer } from 'node:stream/consumers';
import type { RunFile } from '@consilium/shared/contract';
import { runChild } from './child.js';
import { type CheckRequest, type Findings, findings, type InitialRequest, lengthBytes } from './request.js';

export type { Findings, InitialRequest } from './request.js';

/** A weights file, read in pieces. */
export interface EarlierFile {
  readonly bytes: number;
  pieces(): AsyncIterable<Uint8Array>;
}

/** Takes a weights file in as it comes. */
export type Append = (bytes: Uint8Array) => Promise<void>;

interface Files {
  /** Of the stage before: its model, and what it did not train. */
  readonly earlier: readonly EarlierFile[];
  /** Tensors of an earlier training. */
  readonly imported: EarlierFile | null;
}

interface Written {
  readonly model: Append;
  readonly frozen: Append;
}

/**
 * Makes the weights that a stage starts from in a child process: the model's file goes to `model` as it comes, and then what the stage
 * does not train, if anything, to `frozen`.
 * @throws CSM-MODEL-* as the family says, CSM-IMPORT-SHAPE, CSM-INITIAL-FAILED when the child dies
 */
export const makeInitial = (
  { earlier, imported, ...wanted }: Omit<InitialRequest, 'earlier' | 'imported'> & Files,
  to: Written,
  signal: AbortSignal,
): Promise<void> => {
  const request: InitialRequest = {
    ...wanted,
    earlier: earlier.map(({ bytes }) => bytes),
    imported: imported?.bytes ?? null,
  };
  const files = imported === null ? earlier : [...earlier, imported];
  return runChild('make-weights', inputOf(request, files), (output) => split(output, to), signal);
};

/** What the models say to a run file. */
export interface Checked extends Findings {
  /** The tensors that the model takes from the run's weights, as a weights file; empty where it names none. */
  readonly tensors: Uint8Array;
}

/**
 * Whether the models know what a run file asks of them: family, preset, options, stages, kind of data, and the weights to start from.
 * @param folder where the run file lies, and beside it the weights that it names
 * @throws CSM-MODEL-*, CSM-IMPORT-*, CSM-INITIAL-FAILED
 */
export const checkModel = (run: RunFile, folder: string, signal: AbortSignal): Promise<Checked> => {
  const request: CheckRequest = { run, folder };
  return runChild('check-model', [Buffer.from(JSON.stringify(request))], readChecked, signal);
};

async function readChecked(output: AsyncIterable<Uint8Array>): Promise<Checked> {
  const bytes = await buffer(output);
  const end = bytes.indexOf('\n');
  // Of a child that failed: its exit says so.
  if (end < 0) return { warnings: [], imported: null, tensors: new Uint8Array() };
  return { ...findings.parse(JSON.parse(bytes.toString('utf8', 0, end))), tensors: bytes.subarray(end + 1) };
}

async function* inputOf(request: InitialRequest, files: readonly EarlierFile[]): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${JSON.stringify(request)}\n`);
  for (const file of files) yield* file.pieces();
}

/** Sends the bytes after the length to the model, as many as it says, and the others to the frozen part. */
async function split(output: AsyncIterable<Uint8Array>, to: Written): Promise<void> {
  let head = Buffer.alloc(0);
  let left = 0;
  for await (const bytes of output) {
    const missing = lengthBytes - head.length;
    const rest = bytes.subarray(missing);
    if (missing > 0) {
      head = Buffer.concat([head, bytes.subarray(0, missing)]);
      if (head.length === lengthBytes) left = Number(head.readBigUInt64LE());
    }
    const ofModel = rest.subarray(0, left);
    left -= ofModel.length;
    if (ofModel.length > 0) await to.model(ofModel);
    if (ofModel.length < rest.length) await to.frozen(rest.subarray(ofModel.length));
  }
}
