import { randomBytes } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { stdin, stdout } from 'node:process';

/** What commands use of the process that they run in. */
export interface CommandContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
  readonly random: (bytes: number) => Uint8Array;
  /** A person sits at a terminal: questions and moving bars make sense. */
  readonly interactive: boolean;
  /** Asks for a secret without showing it. */
  readonly secret: (question: string) => Promise<string>;
  /** Writes a line to standard output. */
  readonly print: (line: string) => void;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** The context of a command that was typed. */
export function processContext(): CommandContext {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  return {
    env: process.env,
    now: () => new Date(),
    random: randomBytes,
    interactive: stdin.isTTY === true && stdout.isTTY === true,
    secret: askHidden,
    print: (line) => void stdout.write(`${line}\n`),
    signal: stop.signal,
  };
}

/** The lead's folder: as told, else CONSILIUM_HOME, else `.consilium` in the person's own. */
export const leadFolder = (context: CommandContext, told: string | undefined): string =>
  told ?? context.env.CONSILIUM_HOME ?? join(homedir(), '.consilium');

/** Reads a line with echo off. Ctrl-C ends the process as it would outside a prompt. */
function askHidden(question: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    stdout.write(question);
    stdin.setRawMode(true);
    stdin.setEncoding('utf8');
    stdin.resume();
    stdin.on('data', listen);
    function listen(typed: string): void {
      for (const character of typed) {
        if (character === '\u0003') {
          leave();
          process.kill(process.pid, 'SIGINT');
          return;
        }
        if (character === '\r' || character === '\n' || character === '\u0004') {
          leave();
          resolve(answer);
          return;
        }
        answer = character === '\u007f' || character === '\b' ? answer.slice(0, -1) : answer + character;
      }
    }
    function leave(): void {
      stdin.off('data', listen);
      stdin.setRawMode(false);
      stdin.pause();
      stdout.write('\n');
    }
  });
}
