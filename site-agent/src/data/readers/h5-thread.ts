import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { H5Question, H5Reply } from './h5-messages.js';

// A thread is a program of its own, so the compiled file is run even where the rest runs from its source.
const program = fileURLToPath(new URL('../../../dist/data/readers/h5-worker.js', import.meta.url));

/** A thread that reads one HDF5 file at a time. It keeps no process alive by itself. */
export interface H5Thread {
  /** Puts a question after those before it. A thread that dies, hangs or is stopped has a problem for a reply and ends. */
  readonly ask: (question: H5Question, limitMs: number, signal?: AbortSignal) => Promise<H5Reply>;
  readonly end: () => Promise<void>;
}

/** Starting one takes a few tenths of a second, and a folder may hold a file a patient: one that did no wrong waits a while for the next. */
let idle: { readonly thread: H5Thread; readonly leaving: NodeJS.Timeout } | null = null;

/** After so long nobody is going through a folder, and its memory is of more use elsewhere. */
const idleLimitMs = 10_000;

export function takeThread(): H5Thread {
  if (idle === null) return startThread();
  const { thread, leaving } = idle;
  clearTimeout(leaving);
  idle = null;
  return thread;
}

/** Gives a thread back whose file is closed. */
export async function giveBack(thread: H5Thread): Promise<void> {
  if (idle !== null) return thread.end();
  const leave = (): void => {
    idle = null;
    thread.end().catch(() => undefined);
  };
  idle = { thread, leaving: setTimeout(leave, idleLimitMs).unref() };
}

function startThread(): H5Thread {
  const worker = new Worker(program, { execArgv: [], stdout: true, stderr: true });
  worker.unref();
  let ended = false;
  worker
    .on('error', () => undefined)
    .on('exit', () => {
      ended = true;
    });

  const put = (question: H5Question, limitMs: number, signal?: AbortSignal): Promise<H5Reply> =>
    new Promise((resolve) => {
      if (ended) return resolve({ problem: 'it is closed' });
      const settle = (reply: H5Reply): void => {
        clearTimeout(timer);
        worker.off('message', settle).off('exit', died);
        signal?.removeEventListener('abort', stop);
        worker.unref();
        resolve(reply);
      };
      const fault = (problem: string): void => {
        ended = true;
        worker.terminate().then(
          () => settle({ problem }),
          () => settle({ problem }),
        );
      };
      const died = (): void => settle({ problem: 'reading it ends the HDF5 library' });
      const stop = (): void => fault('it was stopped');
      const timer = setTimeout(() => fault('reading it does not end'), limitMs);
      worker.ref();
      worker.on('message', settle).on('exit', died);
      signal?.addEventListener('abort', stop, { once: true });
      worker.postMessage(question);
    });

  let last: Promise<unknown> = Promise.resolve();
  return {
    ask(question, limitMs, signal) {
      const reply = last.then(() => put(question, limitMs, signal));
      last = reply;
      return reply;
    },
    async end() {
      ended = true;
      await worker.terminate();
    },
  };
}
