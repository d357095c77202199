import { Worker } from 'node:worker_threads';
import { type BlobHash, blobHash } from '@consilium/shared/ids';
import { blobChunkBytes } from './blobs.js';
import type { Digest } from './digests.js';

/** Chunks that may lie before a thread: one under its hands, the others waiting. */
const slots = 4;

// Bytes come in shared memory, so that nothing is allocated on either side; answers come in the order of the questions.
const work = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { createHash } = require('node:crypto');
  const running = new Map();
  parentPort.on('message', ({ digest, start, length, last, ends }) => {
    if (ends) {
      running.delete(digest);
      return;
    }
    const hash = running.get(digest) ?? createHash('sha256');
    running.set(digest, hash);
    const bytes = new Uint8Array(workerData, start, length);
    if (!last) hash.update(bytes);
    parentPort.postMessage(last ? hash.copy().update(bytes).digest('hex') : null);
  });
`;

/** A thread that makes digests, several by turns. */
export interface DigestThread {
  begin(): Digest;
  /** Digests that are not ended. */
  digests(): number;
  isDead(): boolean;
  close(): Promise<void>;
}

interface Question {
  readonly slot: number;
  readonly answer: (digest: string | null) => void;
  readonly fail: (error: unknown) => void;
}

export function startDigestThread(): DigestThread {
  const memory = new SharedArrayBuffer(slots * blobChunkBytes);
  const worker = new Worker(work, { eval: true, execArgv: [], workerData: memory });
  const asked: Question[] = [];
  const free = Array.from({ length: slots }, (_, slot) => slot);
  const waiting: ((slot: number) => void)[] = [];
  let digests = 0;
  let begun = 0;
  let dead: Error | null = null;

  // It keeps the process alive only while it is asked something.
  worker.unref();
  worker.on('message', (digest: string | null) => {
    const question = asked.shift();
    if (question === undefined) return;
    if (asked.length === 0) worker.unref();
    giveBack(question.slot);
    question.answer(digest);
  });
  worker.on('error', end);
  worker.on('exit', () => end(new Error('a thread that makes digests has ended')));

  function end(error: Error): void {
    dead ??= error;
    for (const { slot, fail } of asked.splice(0)) {
      fail(dead);
      giveBack(slot);
    }
  }

  function giveBack(slot: number): void {
    const next = waiting.shift();
    if (next === undefined) free.push(slot);
    else next(slot);
  }

  const take = async (): Promise<number> => free.pop() ?? new Promise((resolve) => waiting.push(resolve));

  /** Copies bytes into a slot and asks for them to be digested; resolves once they are copied. */
  async function ask(
    digest: number,
    bytes: Uint8Array,
    last: boolean,
  ): Promise<{ readonly answer: Promise<string | null> }> {
    const slot = await take();
    if (dead !== null) {
      giveBack(slot);
      throw dead;
    }
    const start = slot * blobChunkBytes;
    new Uint8Array(memory, start, bytes.length).set(bytes);
    const answer = new Promise<string | null>((resolve, reject) => {
      asked.push({ slot, answer: resolve, fail: reject });
    });
    answer.catch(() => {});
    worker.ref();
    worker.postMessage({ digest, start, length: bytes.length, last });
    return { answer };
  }

  return {
    begin() {
      const digest = begun++;
      digests++;
      let ended = false;
      return {
        async update(bytes) {
          await ask(digest, bytes, false);
        },
        async of(rest): Promise<BlobHash> {
          const { answer } = await ask(digest, rest, true);
          return blobHash.parse(await answer);
        },
        end() {
          if (ended) return;
          ended = true;
          digests--;
          if (dead === null) worker.postMessage({ digest, ends: true });
        },
      };
    },
    digests: () => digests,
    isDead: () => dead !== null,
    async close() {
      await worker.terminate();
    },
  };
}
