/** Time as an argument. Milliseconds of a monotonic clock: what day it is, is another question. */
export interface Clock {
  now(): number;
  /** Runs once after a delay, unless the returned function is called first. */
  after(ms: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** Where a room tells what it does; a pino logger is one. Facts are codes, ids and counts, never a patient's datum. */
export interface Log {
  debug(facts: object, text: string): void;
  info(facts: object, text: string): void;
  warn(facts: object, text: string): void;
  error(facts: object, text: string): void;
}

export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
