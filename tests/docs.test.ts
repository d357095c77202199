import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createIdentity, sign } from '@consilium/shared/crypto';
import { errorTable } from '@consilium/shared/errors';
import { type JournalRecord, journalLine, sealRecord } from '@consilium/shared/journal';
import { publishedSchemas } from '@consilium/shared/schemas';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createProgram as lead } from '../coordinator/src/cli/program.js';
import { errorsPage } from '../deploy/docs/errors-page.mjs';
import { createProgram as hospital } from '../site-agent/src/cli/program.js';

const root = fileURLToPath(new URL('../', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Every page that people read: of the root, of docs/ and of the packages. */
const pages = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...['docs', 'deploy', 'shared', 'models', 'coordinator', 'site-agent', 'tests'].flatMap(markdownIn),
].sort();

function markdownIn(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return ['node_modules', 'dist'].includes(entry.name) ? [] : markdownIn(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

/** Text outside code blocks. */
const prose = (text: string): string => text.replaceAll(/^```[\s\S]*?^```/gm, '');

/** The anchor that a heading gets. */
const slug = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-');

const anchorsOf = (path: string): ReadonlySet<string> =>
  new Set([...prose(read(path)).matchAll(/^#{1,6}\s+(.+)$/gm)].map(([, heading = '']) => slug(heading)));

describe.each(pages)('%s', (page) => {
  const text = read(page);

  it('links to pages and anchors that exist', () => {
    const withoutCode = prose(text).replaceAll(/`[^`\n]*`/g, '');
    const broken = [...withoutCode.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, link = '']) => link)
      .filter((link) => !/^[a-z]+:/.test(link))
      .filter((link) => {
        const [path = '', anchor] = link.split('#');
        const target = path === '' ? page : relative(root, join(root, dirname(page), path));
        if (!existsSync(join(root, target))) return true;
        return anchor !== undefined && !anchorsOf(target).has(anchor);
      });
    expect(broken).toEqual([]);
  });

  it('names files that exist', () => {
    const places = /^(?:shared|models|coordinator|site-agent|deploy|tests|docs|\.ci)\/[\w./-]+$/;
    const absent = [...prose(text).matchAll(/`([^`\n]+)`/g)]
      .map(([, code = '']) => code)
      .filter((code) => places.test(code) && !existsSync(join(root, code)));
    expect(absent).toEqual([]);
  });

  it('names codes that exist', () => {
    const unknown = [...text.matchAll(/\bCSM(?:-[A-Z0-9]+)+(?![-A-Z0-9])/g)]
      .map(([code]) => code)
      .filter((code) => !Object.hasOwn(errorTable, code));
    expect(unknown).toEqual([]);
  });

  it('holds no path of the machine that it was written on', () => {
    expect(text.match(/(?<![\w.])\/(?:work|home|root|tmp|Users)\/\S*/g) ?? []).toEqual([]);
  });
});

const manifest = z.object({
  scripts: z.record(z.string(), z.string()).default({}),
  workspaces: z.array(z.string()).default([]),
  dependencies: z.record(z.string(), z.string()).default({}),
  devDependencies: z.record(z.string(), z.string()).default({}),
});
const manifestOf = (folder: string) => manifest.parse(JSON.parse(read(join(folder, 'package.json'))));
const top = manifestOf('.');

const run = promisify(execFile);

describe('the verifier in docs/journal.md', () => {
  const identity = createIdentity();
  const records: JournalRecord[] = [];
  for (const body of [{ sites: ['hospital-a'] }, { share: 0.1, name: 'Köln “é”' }, { at: 1e21, none: null }]) {
    const draft = { chain: 'run', time: '2026-01-01T00:00:00.000Z', type: 'step-done', body };
    const previous = records.at(-1) ?? null;
    records.push(sealRecord(previous, draft, (domain, bytes) => sign(identity, domain, bytes)));
  }
  const whole = records.map((record) => Buffer.from(journalLine(record)).toString()).join('');

  /** Exit code of the page's own script, saved and run as the page says. */
  async function verifies(journal: string, key: string = identity.publicKey): Promise<boolean> {
    const [, script = ''] = /^```js\n([\s\S]*?)^```/m.exec(read('docs/journal.md')) ?? [];
    const folder = mkdtempSync(join(tmpdir(), 'consilium-docs-'));
    try {
      writeFileSync(join(folder, 'verify.mjs'), script);
      writeFileSync(join(folder, 'journal.jsonl'), journal);
      const { stdout } = await run(process.execPath, ['verify.mjs', 'journal.jsonl', key], { cwd: folder });
      return stdout.includes(`3 records, newest ${records[2]?.hash}`);
    } catch {
      return false;
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  it('accepts a journal that the coordinator wrote', async () => {
    expect(await verifies(whole)).toBe(true);
  });

  it.each([
    ['an altered body', whole.replace('hospital-a', 'hospital-b')],
    ['a record taken out', whole.split('\n').toSpliced(1, 1).join('\n')],
    [
      'two records changed round',
      whole
        .split('\n')
        .toSpliced(0, 2, ...whole.split('\n').slice(0, 2).toReversed())
        .join('\n'),
    ],
    ['a last line torn off', whole.slice(0, -9)],
  ])('refuses %s', async (_, journal) => {
    expect(await verifies(journal)).toBe(false);
  });

  it('refuses another key', async () => {
    expect(await verifies(whole, createIdentity().publicKey)).toBe(false);
  });
});

describe('docs/promises.md', () => {
  const promises = read('docs/promises.md').match(/^- .*$/gm) ?? [];

  it('names for every promise a test that exists', () => {
    expect(promises.length).toBeGreaterThan(0);
    const unproven = promises.filter((line) => {
      const [, file = '', name = ''] = /`([\w./-]+\.test\.ts)`: (.+)$/.exec(line) ?? [];
      return name === '' || !existsSync(join(root, file)) || !read(file).includes(`'${name}'`);
    });
    expect(unproven).toEqual([]);
  });
});

describe('docs/errors.md', () => {
  it('is what the error table says; `node deploy/docs/errors.mjs` writes it', () => {
    expect(read('docs/errors.md')).toBe(errorsPage(errorTable));
  });
});

describe('docs/dependencies.md', () => {
  it('has one line for each dependency, with the packages that need it, and no other', () => {
    const needed = new Map<string, string[]>();
    for (const folder of ['.', ...top.workspaces]) {
      const { dependencies, devDependencies } = manifestOf(folder);
      for (const name of Object.keys({ ...dependencies, ...devDependencies })) {
        if (name.startsWith('@consilium/')) continue;
        needed.set(name, [...(needed.get(name) ?? []), folder === '.' ? 'root' : folder]);
      }
    }
    const lines = [...read('docs/dependencies.md').matchAll(/^- \*\*(.+?)\*\* \(([^)]+)\): \S/gm)];
    const told = lines.map(([, name = '', places = '']) => `${name} (${places})`).sort();
    expect(told).toEqual([...needed].map(([name, places]) => `${name} (${places.join(', ')})`).sort());
  });
});

const context = {
  env: {},
  now: () => new Date(),
  random: randomBytes,
  interactive: false,
  secret: () => Promise.reject(new TypeError('nobody is asked for a secret')),
  print: () => {},
  signal: new AbortController().signal,
};
const programs = [lead(context), await hospital(context)];

describe('commands that the pages tell people to type', () => {
  const lines = pages.flatMap((page) =>
    [...read(page).matchAll(/^```(?:sh|bash)?\n([\s\S]*?)^```/gm)].flatMap(([, block = '']) =>
      block
        .replaceAll(/\\\n\s*/g, ' ')
        .split('\n')
        .map((line) => ({ page, line: line.replace(/(?:^|\s)#.*$/, '').trim() })),
    ),
  );
  it('are scripts of package.json', () => {
    const named = lines.flatMap(({ line }) => /^npm (?:run )?([a-z]+)/.exec(line)?.[1] ?? []);
    const known = new Set([...Object.keys(top.scripts), 'install', 'ci']);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  it('have the names and options that the programs know', () => {
    const wrong = lines.flatMap(({ page, line }) => {
      const [first, ...words] = line.replace(/^npx\s+/, '').split(/\s+/);
      let command = programs.find((program) => program.name() === first);
      if (command === undefined || words[0]?.startsWith('--')) return [];
      for (const word of words) {
        const next: typeof command | undefined = command.commands.find((known) => known.name() === word);
        if (next === undefined) break;
        command = next;
      }
      const known = new Set(command.options.map(({ long }) => long));
      const strange = words.filter((word) => /^--[a-z]/.test(word) && !known.has(word.split('=')[0]));
      if (command.commands.length > 0) strange.unshift('no such command');
      return strange.length > 0 ? [`${page}: ${line} (${strange.join(', ')})`] : [];
    });
    expect(wrong).toEqual([]);
  });
});

it('docs/schemas holds the published schemas and no other', () => {
  const files = readdirSync(join(root, 'docs', 'schemas'));
  expect(files.sort()).toEqual(
    publishedSchemas()
      .map(({ name }) => `${name}.json`)
      .sort(),
  );
});
