import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { pinOf } from '../testing/fake-wheel.js';
import { fetchByPip } from './pip.js';
import type { Run } from './run.js';

const content = Buffer.from('a wheel');
const pins = [
  pinOf('tensorflow-2.21.0-cp313-cp313-manylinux_2_27_x86_64.whl', content),
  pinOf('nvidia_cufft_cu12-11.3.3.83-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl', content),
];
const signal = new AbortController().signal;

let folder: string;
let calls: (readonly string[])[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-pip-'));
  calls = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A pip that writes what it is asked for. */
const pip =
  (gives: Buffer = content): Run =>
  async (_, args) => {
    calls.push(args);
    const into = args[args.indexOf('--dest') + 1];
    const pin = pins[calls.length - 2];
    if (args.includes('download') && into !== undefined && pin) await writeFile(join(into, pin.name), gives);
    return { status: 0, output: '' };
  };

it('is asked for exactly the pinned file, of whatever Python and platform it is', async () => {
  const told: string[] = [];
  await fetchByPip(pins, folder, { run: pip(), signal, onFile: ({ name }) => told.push(name) });
  expect((await readdir(folder)).sort()).toEqual(pins.map(({ name }) => name).sort());
  expect(told).toEqual(pins.map(({ name }) => name));
  const [version, first, second] = calls.map((args) => args.join(' '));
  expect(version).toBe('-m pip --version');
  expect(first).toMatch(
    /download --no-deps --only-binary=:all: .*--python-version 3\.13 --platform manylinux_2_27_x86_64 .*tensorflow==2\.21\.0$/,
  );
  expect(second).toMatch(
    /--platform manylinux2014_x86_64 --platform manylinux_2_17_x86_64 .*nvidia-cufft-cu12==11\.3\.3\.83$/,
  );
  await fetchByPip(pins, folder, { run: () => Promise.reject(new Error('nothing is to be done')), signal });
});

it("goes the way of the site's settings", async () => {
  const way = { proxy: 'http://proxy.example:3128', ca: '-----BEGIN CERTIFICATE-----\n' };
  let roots = '';
  const seen: unknown[] = [];
  const run: Run = async (command, args, options) => {
    if (options.env?.PIP_CERT !== undefined) roots = await readFile(options.env.PIP_CERT, 'utf8');
    seen.push(options.env?.PIP_PROXY);
    return pip()(command, args, options);
  };
  await fetchByPip(pins.slice(0, 1), folder, { run, signal, ...way });
  expect(seen).toEqual([undefined, way.proxy]);
  expect(calls.flat().join(' ')).not.toContain('proxy.example');
  expect(roots.endsWith(way.ca)).toBe(true);
});

it('is passed over where it is absent, finds nothing, breaks or gives another file', async () => {
  const sources = (run: Run) =>
    fetchByPip(pins.slice(0, 1), folder, { run, signal }).then(
      () => null,
      (thrown: unknown) => (thrown instanceof Error && 'details' in thrown ? thrown.details : thrown),
    );
  const after =
    (status: number, output: string): Run =>
    async (_, args) => ({ status: args.includes('download') ? status : 0, output });
  expect(await sources(async () => ({ status: null, fault: 'ENOENT', output: '' }))).toEqual({
    sources: 'pip (python3 -m pip is not here)',
  });
  const words = 'Looking in indexes: https://user:secret@pypi.example\nERROR: No matching distribution found for x';
  expect(await sources(after(1, words))).toEqual({ sources: 'pip (finds no such file)' });
  expect(await sources(after(2, 'https://user:secret@pypi.example'))).toEqual({ sources: 'pip (ended with status 2)' });
  expect(await sources(after(0, ''))).toEqual({ sources: `pip (gave another file than ${pins[0]?.name})` });
  expect(await readdir(folder)).toEqual([]);
});

it('never brings a file with another content', async () => {
  await expect(fetchByPip(pins, folder, { run: pip(Buffer.from('altered')), signal })).rejects.toMatchObject({
    code: 'CSM-NATIVE-HASH',
  });
  expect(await readdir(folder)).toEqual([]);
});
