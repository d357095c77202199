import type { Refuse } from './file-bytes.js';
import { blockBytes, type H5Answers, type H5Dataset, type H5Entity, type H5Question } from './h5-messages.js';
import { giveBack, takeThread } from './h5-thread.js';

/** A block takes a second at most; what takes this long never ends. */
const defaultAnswerLimitMs = 60_000;

/** An HDF5 file that is open for reading. Texts and numbers come in blocks, so that memory holds one of them at a time. */
export interface H5File {
  readonly entity: (place: string) => Promise<H5Entity | null>;
  readonly datasets: (place: string) => Promise<readonly (H5Dataset & { readonly name: string })[]>;
  /** The numbers of a dataset, row-major, blocks of whole rows one after the other. */
  readonly numbers: (place: string, dataset: H5Dataset) => AsyncIterable<Float64Array>;
  readonly texts: (place: string, dataset: H5Dataset) => AsyncIterable<readonly string[]>;
  readonly close: () => Promise<void>;
}

export interface H5Options {
  readonly signal?: AbortSignal | undefined;
  /** What takes longer is taken to never end. */
  readonly answerLimitMs?: number;
}

/**
 * Opens an HDF5 file, read on another thread: a damaged one can make the library abort or run for ever. What is wrong with the file is told
 * to `refuse`; the signal ends every call with its reason.
 */
export async function openH5(
  path: string,
  refuse: Refuse,
  { signal, answerLimitMs = defaultAnswerLimitMs }: H5Options = {},
): Promise<H5File> {
  signal?.throwIfAborted();
  const thread = takeThread();
  let closed = false;

  async function ask<Question extends H5Question>(question: Question): Promise<H5Answers[Question['ask']]> {
    signal?.throwIfAborted();
    if (closed) return refuse('it is closed');
    const reply = await thread.ask(question, answerLimitMs, signal);
    if ('problem' in reply) {
      closed = true;
      await thread.end();
      signal?.throwIfAborted();
      return refuse(reply.problem);
    }
    // Our own thread replies to what it was asked.
    return reply.answer as H5Answers[Question['ask']];
  }

  await ask({ ask: 'open', path });
  return {
    entity: (place) => ask({ ask: 'entity', place }),
    datasets: (place) => ask({ ask: 'datasets', place }),
    async *numbers(place, dataset) {
      for (const [from, to] of blocksOf(dataset)) yield await ask({ ask: 'numbers', place, from, to });
    },
    async *texts(place, dataset) {
      for (const [from, to] of blocksOf(dataset)) yield await ask({ ask: 'texts', place, from, to });
    },
    async close() {
      if (closed) return;
      closed = true;
      const reply = await thread.ask({ ask: 'close' }, answerLimitMs);
      await ('problem' in reply ? thread.end() : giveBack(thread));
    },
  };
}

/** What a block is made for, rounded up to whole chunks. */
const targetBytes = 8 * 2 ** 20;
const numberBytes = 8;

/** Rows from … to of each block: whole chunks of some megabytes, or a row at least. */
function* blocksOf({ shape, bytes, chunkRows }: H5Dataset): Generator<readonly [number, number]> {
  const [rows = 0, ...others] = shape;
  const rowBytes = others.reduce((product, size) => product * size, 1) * Math.max(bytes, numberBytes);
  const fitting = Math.max(1, Math.floor(targetBytes / Math.max(1, rowBytes)));
  const whole = Math.ceil(fitting / chunkRows) * chunkRows;
  const step = whole * rowBytes <= blockBytes ? whole : fitting;
  for (let from = 0; from < rows; from += step) yield [from, Math.min(rows, from + step)];
}
