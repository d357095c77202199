import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { tetheredEnvironment } from '@consilium/shared/process';

const programs = {
  consilium: fileURLToPath(new URL('../../coordinator/bin/consilium.js', import.meta.url)),
  'consilium-site': fileURLToPath(new URL('../../site-agent/bin/consilium-site.js', import.meta.url)),
} as const;
export type Program = keyof typeof programs;

/** How long a command may take. Generous: machines of all speeds run this. */
const patienceMs = 600_000;

/** What a command left: its exit status (null after a signal) and all that it wrote. */
export interface Typed {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** A command that goes on. */
export interface Running {
  readonly pid: number;
  /** The first match in what it writes to either stream. Rejects with all it said when it ends, or is late, without one. */
  said(pattern: RegExp, limitMs?: number): Promise<RegExpExecArray>;
  readonly ended: Promise<Typed>;
  signal(name: NodeJS.Signals): void;
}

/** A person at a machine: a folder to work in and a home of their own, and commands that are processes of their own. */
export interface Terminal {
  readonly folder: string;
  start(program: Program, ...words: readonly string[]): Running;
  /** Types a command that ends by itself, well or not. */
  type(program: Program, ...words: readonly string[]): Promise<Typed>;
  /** Types a command that has to succeed; gives what it printed. */
  done(program: Program, ...words: readonly string[]): Promise<string>;
  /** All commands so far with what they wrote, for whoever looks into a failure. */
  transcript(): string;
  /** Ends what still runs. */
  close(): Promise<void>;
}

/** @param environment beside PATH and HOME, which is the folder: nothing else of this process is inherited */
export function openTerminal(folder: string, environment: Readonly<Record<string, string>> = {}): Terminal {
  const running = new Set<Running>();
  const commands: { readonly line: string; readonly text: { out: string; err: string } }[] = [];

  function start(program: Program, ...words: readonly string[]): Running {
    const child: ChildProcess = spawn(process.execPath, [programs[program], ...words], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: tetheredEnvironment({ PATH: process.env.PATH, HOME: folder, ...environment }),
    });
    const text = { out: '', err: '' };
    commands.push({ line: [program, ...words].join(' '), text });
    const listeners = new Set<() => void>();
    for (const [name, stream] of [
      ['out', child.stdout],
      ['err', child.stderr],
    ] as const) {
      stream?.setEncoding('utf8').on('data', (part: string) => {
        text[name] += part;
        for (const look of [...listeners]) look();
      });
    }
    const ended = new Promise<Typed>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (status) => resolve({ status, ...text }));
    });
    const own: Running = {
      pid: child.pid ?? 0,
      ended,
      said: (pattern, limitMs = patienceMs) =>
        new Promise((resolve, reject) => {
          const settle = (after: () => void) => {
            clearTimeout(late);
            listeners.delete(look);
            after();
          };
          const give = (problem: string) =>
            settle(() => reject(new Error(`${program} ${problem} ${pattern}:\n${text.out}${text.err}`)));
          const late = setTimeout(() => give('was late to say'), limitMs);
          const look = () => {
            const found = pattern.exec(text.out) ?? pattern.exec(text.err);
            if (found !== null) settle(() => resolve(found));
          };
          listeners.add(look);
          look();
          void ended.then(({ status }) => give(`ended with ${status} before it said`), reject);
        }),
      signal: (name) => void child.kill(name),
    };
    running.add(own);
    void ended.finally(() => running.delete(own)).catch(() => {});
    return own;
  }

  /** A command that hangs is ended, which fails the test with its words and not with a time-out. */
  async function type(program: Program, ...words: readonly string[]): Promise<Typed> {
    const command = start(program, ...words);
    const late = setTimeout(() => command.signal('SIGKILL'), patienceMs);
    try {
      return await command.ended;
    } finally {
      clearTimeout(late);
    }
  }

  return {
    folder,
    start,
    type,
    async done(program, ...words) {
      const { status, out, err } = await type(program, ...words);
      if (status !== 0) throw new Error(`${program} ${words.join(' ')} ended with ${status}:\n${out}${err}`);
      return out;
    },
    transcript: () => commands.map(({ line, text }) => `$ ${line}\n${text.out}${text.err}`).join('\n'),
    async close() {
      await Promise.all(
        [...running].map(async (one) => {
          one.signal('SIGKILL');
          await one.ended;
        }),
      );
    },
  };
}
