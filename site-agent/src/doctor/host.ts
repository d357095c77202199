import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, readdir, readFile } from 'node:fs/promises';
import { availableParallelism, loadavg, totalmem } from 'node:os';
import { keylessEnvironment } from '@consilium/shared/process';
import { freeBytes, withDisk } from '../config/index.js';

/** How long a program that is asked for its version or its devices may take. */
const answerMs = 10_000;

/** What another program said; null when there is no such program. */
export type Answered = { readonly succeeded: boolean; readonly output: string } | null;

/** What an examination may ask of the machine that it runs on. */
export interface Host {
  /** `20.19.0` */
  readonly node: string;
  /** Processor threads that this process may be put on. */
  readonly cores: number;
  readonly memoryBytes: number;
  /** Processes that ran or wanted to, on average over the last minute. */
  load(): number;
  /** A small file's text; null when it is not there or not for us. */
  read(path: string): Promise<string | null>;
  /** Names in a folder; none when it is not there or not for us. */
  list(folder: string): Promise<readonly string[]>;
  /** This user may read and write it. */
  mayUse(path: string): Promise<boolean>;
  /** Free bytes for this user where a folder lies or will lie. @throws CSM-AGENT-DISK */
  freeBytes(folder: string): Promise<number>;
  /** Asks another program. */
  ask(program: string, words: readonly string[]): Promise<Answered>;
}

/** The machine that this process runs on. */
export const thisHost = (): Host => ({
  node: process.versions.node,
  cores: availableParallelism(),
  memoryBytes: totalmem(),
  load: () => loadavg()[0] ?? 0,
  read: (path) => readFile(path, 'utf8').catch(() => null),
  list: (folder) => readdir(folder).catch(() => []),
  mayUse: (path) =>
    access(path, constants.R_OK | constants.W_OK).then(
      () => true,
      () => false,
    ),
  freeBytes: (folder) => withDisk(folder, () => freeBytes(folder)),
  ask: (program, words) =>
    new Promise((resolve) => {
      execFile(program, [...words], { timeout: answerMs, env: keylessEnvironment() }, (error, stdout, stderr) => {
        if (error !== null && error.code === 'ENOENT') resolve(null);
        else resolve({ succeeded: error === null, output: (stdout || stderr).trim() });
      });
    }),
});
