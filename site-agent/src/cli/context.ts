import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { stdin, stdout } from 'node:process';
import { fail } from '@consilium/shared/errors';
import { type SiteHome, siteHome } from '../config/index.js';
import type { WayOut } from '../connection/index.js';

const shortestPassphrase = 8;

/** Exit status after Ctrl-C, as a shell gives it. */
export const interruptedStatus = 130;

/** What commands use of the process that they run in. */
export interface CommandContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
  /** Someone sits at a terminal. */
  readonly interactive: boolean;
  /** Asks for a secret without showing it. */
  readonly secret: (question: string) => Promise<string>;
  /** Writes a line to standard output. */
  readonly print: (line: string) => void;
  /** Width of the terminal; none where nobody looks. */
  readonly columns?: number | undefined;
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
}

/** The context of a command that was typed. */
export function processContext(): CommandContext {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  return {
    env: process.env,
    now: () => new Date(),
    interactive: stdin.isTTY === true && stdout.isTTY === true,
    secret: askHidden,
    print: (line) => void stdout.write(`${line}\n`),
    columns: stdout.columns,
    signal: stop.signal,
  };
}

/** The site's folder: as told, else CONSILIUM_SITE_HOME, else `.consilium-site` in the person's own. */
export const homeOf = ({ env }: CommandContext, told: string | undefined): SiteHome =>
  siteHome(told ?? env.CONSILIUM_SITE_HOME ?? join(homedir(), '.consilium-site'));

/**
 * The passphrase of the site's key: a file's first line, CONSILIUM_PASSPHRASE, or a prompt in a terminal.
 * @param options.fresh the key is being made: a prompt asks twice, and too short a passphrase is refused
 * @throws CSM-CLI-PASSPHRASE, CSM-CLI-ARGUMENT, CSM-CLI-FILE
 */
export async function readPassphrase(
  context: CommandContext,
  options: { readonly file: string | undefined; readonly fresh: boolean },
): Promise<string> {
  const what = "the site's key";
  const given = options.file === undefined ? context.env.CONSILIUM_PASSPHRASE : await firstLine(options.file);
  const passphrase = given ?? (await ask(context, what, options.fresh));
  if (passphrase === '') fail('CSM-CLI-PASSPHRASE', { what });
  if (options.fresh && passphrase.length < shortestPassphrase) {
    fail('CSM-CLI-ARGUMENT', { name: 'The passphrase', problem: `it needs ${shortestPassphrase} characters or more` });
  }
  return passphrase;
}

/** A text file that a user named. @throws CSM-CLI-FILE */
export const readText = (path: string): Promise<string> =>
  readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) =>
    fail('CSM-CLI-FILE', { path, reason: cause.code ?? 'unknown fault' }, { cause }),
  );

/** Proxy and private authority as site.yaml or the command line names them, the authority's file read. @throws CSM-CLI-FILE */
export const wayOut = async (named: { readonly [name in keyof WayOut]?: string | undefined }): Promise<WayOut> => ({
  ...(named.proxy !== undefined && { proxy: named.proxy }),
  ...(named.ca !== undefined && { ca: await readText(named.ca) }),
});

async function ask(context: CommandContext, what: string, fresh: boolean): Promise<string> {
  if (!context.interactive) fail('CSM-CLI-PASSPHRASE', { what });
  const passphrase = await context.secret(`Passphrase for ${what}: `);
  if (fresh && (await context.secret('The same again: ')) !== passphrase) {
    fail('CSM-CLI-ARGUMENT', { name: 'The passphrase', problem: 'the two differ' });
  }
  return passphrase;
}

const firstLine = async (path: string): Promise<string> => (await readText(path)).split(/\r?\n/, 1)[0] ?? '';

const [interrupt, endOfText, backspace, rubOut] = ['\u0003', '\u0004', '\b', '\u007f'];

/** Reads a line with echo off. Ctrl-C ends the process as it would outside a prompt. */
function askHidden(question: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const leave = (): void => {
      stdin.off('data', listen);
      stdin.setRawMode(false);
      stdin.pause();
      stdout.write('\n');
    };
    const listen = (typed: string): void => {
      for (const character of typed) {
        if (character === interrupt) {
          leave();
          process.kill(process.pid, 'SIGINT');
          return;
        }
        if (character === '\r' || character === '\n' || character === endOfText) {
          leave();
          resolve(answer);
          return;
        }
        answer = character === backspace || character === rubOut ? answer.slice(0, -1) : answer + character;
      }
    };
    stdout.write(question);
    stdin.setRawMode(true);
    stdin.setEncoding('utf8');
    stdin.resume();
    stdin.on('data', listen);
  });
}
