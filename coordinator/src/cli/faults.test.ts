import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommandContext } from './context.js';
import { faultText } from './output.js';
import { createProgram } from './program.js';

// The real executable, as `npm run build` makes it.
const executable = fileURLToPath(new URL('../../bin/consilium.js', import.meta.url));
let folder: string;
let home: string;

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

function consilium(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [executable, ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, HOME: folder, CONSILIUM_PASSPHRASE: 'pass phrase', ...env },
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
    });
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, out, err }));
  });
}

/** A command in this process: what it would write to standard error. */
async function faultOf(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const context: CommandContext = {
    env: { CONSILIUM_PASSPHRASE: 'pass phrase', ...env },
    now: () => new Date(),
    random: randomBytes,
    interactive: false,
    secret: () => Promise.reject(new Error('asked')),
    print: () => {},
    signal: new AbortController().signal,
  };
  try {
    await createProgram(context)
      .exitOverride()
      .parseAsync([...words], { from: 'user' });
  } catch (thrown) {
    return faultText(thrown, false);
  }
  return 'no fault';
}

const place = (word: string): string =>
  ({ HOME: home, BAD: join(folder, 'bad.yaml'), C: join(folder, 'coordinator') })[word] ?? word;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-faults-'));
  home = join(folder, 'lead');
  await writeFile(join(folder, 'bad.yaml'), 'name: x\nmodel: {family: 1, classes: [a, b]}\n');
  expect((await consilium(['init', '--home', home])).out).toContain('Fingerprint');
});
afterAll(() => rm(folder, { recursive: true }));

describe('a fault is one clear line and its remedy', () => {
  const key = 'A'.repeat(43);
  it.each<[string, readonly string[], RegExp, Record<string, string>?]>([
    ['no key', ['sites', '--home', '/nonexistent'], /^CSM-LEAD-KEY: .*\/nonexistent/],
    ['key there already', ['init', '--home', 'HOME'], /^CSM-LEAD-EXISTS/],
    ['no coordinator', ['status', '--home', 'HOME'], /^CSM-CLI-NOT-ADOPTED/],
    ['wrong passphrase', ['status', '--home', 'HOME'], /^CSM-KEY-PASSPHRASE/, { CONSILIUM_PASSPHRASE: 'wrong' }],
    [
      'no passphrase and no terminal',
      ['status', '--home', 'HOME'],
      /^CSM-CLI-PASSPHRASE/,
      { CONSILIUM_PASSPHRASE: '' },
    ],
    ['plain http', ['adopt', 'http://example.org', '--fingerprint', 'X', '--home', 'HOME'], /^CSM-CLI-ADDRESS/],
    ['no address', ['adopt', 'example', '--fingerprint', 'X', '--home', 'HOME'], /^CSM-CLI-ADDRESS/],
    [
      'nobody there',
      ['adopt', 'http://127.0.0.1:9', '--fingerprint', 'X', '--home', 'HOME'],
      /^CSM-CLI-UNREACHABLE: .*ECONNREFUSED/,
    ],
    ['odd site name', ['invite', 'Hospital A', '--home', 'HOME'], /^CSM-CLI-ARGUMENT: The site/],
    ['odd span', ['invite', 'a', '--expires', 'soon', '--home', 'HOME'], /^CSM-CLI-ARGUMENT: --expires/],
    ['past date', ['invite', 'a', '--expires', '2020-01-01', '--home', 'HOME'], /^CSM-CLI-ARGUMENT: .*passed/],
    ['no run file', ['launch', '/nonexistent/run.yaml', '--home', 'HOME'], /^CSM-RUNFILE-MISSING/],
    ['bad run file', ['launch', 'BAD', '--home', 'HOME'], /^CSM-RUNFILE-INVALID: .*line 1, data: is missing/],
    ['bad lead key', ['coordinator', 'start', '--home', 'C', '--lead', 'x'], /^CSM-CLI-ARGUMENT: --lead/],
    [
      'open to the network without TLS',
      ['coordinator', 'start', '--home', 'C', '--lead', key, '--host', '0.0.0.0'],
      /^CSM-HOME-PLAIN/,
    ],
    [
      'key without certificate',
      ['coordinator', 'start', '--home', 'C', '--lead', key, '--key', 'BAD'],
      /^CSM-CLI-ARGUMENT/,
    ],
    [
      'token of the metrics too short',
      ['coordinator', 'start', '--home', 'C', '--lead', key, '--metrics-token-file', 'BAD'],
      /^CSM-CLI-ARGUMENT: --metrics-token-file/,
    ],
    ['no journal', ['journal', 'verify', '/nonexistent', '--key', key], /^CSM-CLI-FILE: \/nonexistent/],
    ['no journal but a table', ['journal', 'verify', 'BAD', '--key', key], /^CSM-JOURNAL-LINE/],
    ['no authority file', ['sites', '--ca', '/nonexistent', '--home', 'HOME'], /^CSM-CLI-FILE/],
  ])('%s', async (_, words, expected, env) => {
    const text = await faultOf(words.map(place), env);
    expect(text).toMatch(expected);
    expect(text.split('\n')).toHaveLength(2);
  });

  it('something else at the address', async () => {
    const server = createServer((_, response) => void response.end('<html>'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const text = await faultOf(['adopt', `http://127.0.0.1:${port}`, '--fingerprint', 'X', '--home', home]);
    expect(text).toMatch(/^CSM-CLI-ANSWER/);
    server.close();
  });
});

describe('the executable', () => {
  it.each<[string, readonly string[], RegExp]>([
    ['of a fault', ['sites', '--home', '/nonexistent'], /^CSM-LEAD-KEY: .*\/nonexistent.*\n {2}.*\n$/],
    ['of a bad run file', ['launch', 'BAD', '--home', 'HOME'], /^CSM-RUNFILE-INVALID: .*\n {2}.*\n$/],
    ['of an unknown command', ['lanch'], /unknown command 'lanch'/],
  ])('says it on standard error and ends with 1: %s', async (_, words, expected) => {
    const { status, out, err } = await consilium(words.map(place));
    expect([status, out]).toEqual([1, '']);
    expect(err).toMatch(expected);
  });
});
