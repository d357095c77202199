import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { coded } from '@consilium/shared/errors';
import { tetheredEnvironment } from '@consilium/shared/process';

const patienceMs = 5_000;

/** A process of the rehearsal. */
export interface Running {
  readonly name: string;
  /** Resolves with the first line of standard output that the pattern matches. Rejects when the process ends before. */
  line(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves with the exit status; null after a signal. */
  readonly ended: Promise<number | null>;
  stop(): Promise<void>;
  /** Ends it at once, as a power cut would. */
  kill(): Promise<void>;
}

/** Starts processes that cannot outlive this one, each with a log file of its own. */
export interface Processes {
  start(name: string, program: readonly string[], environment: Readonly<Record<string, string>>): Running;
  /** Standard output of a process that ends by itself. @throws CSM-REHEARSE-PROCESS with its last words */
  output(name: string, program: readonly string[], environment: Readonly<Record<string, string>>): Promise<string>;
  /** Asks all to end, and ends those that do not. No other is started after it. */
  close(): Promise<void>;
}

/** The coordinator's own executable, beside which `consilium-site` is looked for before the PATH is. */
export const consiliumProgram: readonly string[] = [
  process.execPath,
  fileURLToPath(new URL('../../bin/consilium.js', import.meta.url)),
];

export function openProcesses(logFolder: string): Processes {
  const running = new Set<ChildProcess>();
  let closed = false;
  const path = [...binFolders(dirname(fileURLToPath(import.meta.url))), process.env.PATH ?? ''].join(delimiter);

  function launch(program: readonly string[], environment: Readonly<Record<string, string>>): ChildProcess {
    const [command = '', ...rest] = program;
    if (closed) throw coded('CSM-REHEARSE-PROGRAM', { program: command, reason: 'the rehearsal ends' });
    const child = spawn(command, rest, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: tetheredEnvironment({ ...process.env, PATH: path, ...environment }),
    });
    running.add(child);
    child.once('close', () => running.delete(child));
    return child;
  }

  return {
    start(name, program, environment) {
      const child = launch(program, environment);
      const log = createWriteStream(join(logFolder, `${name}.log`), { flags: 'a', mode: 0o600 });
      const ended = new Promise<number | null>((resolve, reject) => {
        child.once('error', (cause) => reject(spawnFault(program, cause)));
        child.once('close', (code) => {
          log.end();
          resolve(code);
        });
      });
      ended.catch(() => {});
      let said = '';
      child.stdout?.on('data', (chunk: Buffer) => {
        log.write(chunk);
        said += chunk.toString('utf8');
        child.emit('said');
      });
      child.stderr?.on('data', (chunk: Buffer) => log.write(chunk));
      return {
        name,
        ended,
        line: (pattern) =>
          new Promise((resolve, reject) => {
            const look = () => {
              const found = pattern.exec(said);
              if (!found) return;
              child.off('said', look);
              resolve(found);
            };
            child.on('said', look);
            ended.then(
              (status) =>
                reject(coded('CSM-REHEARSE-PROCESS', { name, status: status ?? 'a signal', said: lastLine(said) })),
              reject,
            );
            look();
          }),
        stop: () => end(child),
        async kill() {
          child.kill('SIGKILL');
          await ended;
        },
      };
    },
    async output(name, program, environment) {
      const child = launch(program, environment);
      let said = '';
      let complaint = '';
      child.stdout?.on('data', (chunk: Buffer) => {
        said += chunk.toString('utf8');
      });
      child.stderr?.on('data', (chunk: Buffer) => {
        complaint += chunk.toString('utf8');
      });
      const status = await new Promise<number | null>((resolve, reject) => {
        child.once('error', (cause) => reject(spawnFault(program, cause)));
        child.once('close', resolve);
      });
      if (status === 0) return said;
      throw coded('CSM-REHEARSE-PROCESS', {
        name,
        status: status ?? 'a signal',
        said: /^CSM-.*$/m.exec(complaint)?.[0] ?? lastLine(complaint || said),
      });
    },
    async close() {
      closed = true;
      await Promise.all([...running].map(end));
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), patienceMs);
  await closed;
  clearTimeout(late);
}

const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1) ?? '';

function spawnFault(program: readonly string[], cause: unknown) {
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
  return coded('CSM-REHEARSE-PROGRAM', { program: program[0] ?? '', reason }, { cause });
}

/** `node_modules/.bin` of this package's folder and of all above it. */
function binFolders(from: string): readonly string[] {
  const folders: string[] = [];
  for (let folder = from; dirname(folder) !== folder; folder = dirname(folder)) {
    folders.push(join(folder, 'node_modules', '.bin'));
  }
  return folders;
}
