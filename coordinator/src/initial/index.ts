import { text } from 'node:stream/consumers';
import type { RunFile } from '@consilium/shared/contract';
import { z } from 'zod';
import { runChild } from './child.js';
import { type InitialRequest, lengthBytes } from './request.js';

export type { InitialRequest } from './request.js';

/** A file of the stage before, read in pieces. */
export interface EarlierFile {
  readonly bytes: number;
  pieces(): AsyncIterable<Uint8Array>;
}

/** Takes a weights file in as it comes. */
export type Append = (bytes: Uint8Array) => Promise<void>;

interface Files {
  readonly model: Append;
  readonly frozen: Append;
}

/**
 * Makes the weights that a stage starts from in a child process: the model's file goes to `model` as it comes, and then what the stage
 * does not train, if anything, to `frozen`.
 * @throws CSM-MODEL-* as the family says, CSM-INITIAL-FAILED when the child dies
 */
export const makeInitial = (
  { earlier, ...wanted }: Omit<InitialRequest, 'earlier'> & { readonly earlier: readonly EarlierFile[] },
  to: Files,
  signal: AbortSignal,
): Promise<void> => {
  const request: InitialRequest = { ...wanted, earlier: earlier.map(({ bytes }) => bytes) };
  return runChild('make-weights', inputOf(request, earlier), (output) => split(output, to), signal);
};

/**
 * Whether the models know what a run file asks of them: family, preset, options, stages, kind of data.
 * @returns what the lead should know before the run, in whole sentences
 * @throws CSM-MODEL-*, CSM-INITIAL-FAILED
 */
export const checkModel = (run: RunFile, signal: AbortSignal): Promise<readonly string[]> =>
  runChild(
    'check-model',
    [Buffer.from(JSON.stringify(run))],
    async (output) => {
      const told = await text(output);
      return told === '' ? [] : z.array(z.string()).parse(JSON.parse(told));
    },
    signal,
  );

async function* inputOf(request: InitialRequest, earlier: readonly EarlierFile[]): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${JSON.stringify(request)}\n`);
  for (const file of earlier) yield* file.pieces();
}

/** Sends the bytes after the length to the model, as many as it says, and the others to the frozen part. */
async function split(output: AsyncIterable<Uint8Array>, to: Files): Promise<void> {
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
