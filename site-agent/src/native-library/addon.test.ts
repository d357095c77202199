import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { buildAddon, compilerOf, requireCompiler } from './addon.js';
import type { Ended, Run } from './run.js';

const signal = new AbortController().signal;

const kernels = { folder: '/kernels', units: ['own.cc'] };

let folder: string;
let calls: (readonly string[])[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-addon-'));
  calls = [];
  for (const path of ['source/binding', 'deps/lib']) await mkdir(join(folder, path), { recursive: true });
  for (const name of ['b.cc', 'a.cc', 'a.h']) await writeFile(join(folder, 'source/binding', name), '');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const ends =
  (ended: Ended): Run =>
  async (command, args) => {
    calls.push([command, ...args]);
    return ended;
  };
const build = (ended: Ended = { status: 0, output: '' }) =>
  buildAddon(folder, { source: join(folder, 'source'), kernels, compiler: 'g++', run: ends(ended), signal });
const library = (path: string) =>
  mkdir(join(folder, path, '..'), { recursive: true }).then(() => writeFile(join(folder, path), ''));

it('takes the compiler of CXX, else g++, and names the package where it is absent', async () => {
  expect([compilerOf({}), compilerOf({ CXX: 'clang++' })]).toEqual(['g++', 'clang++']);
  const absent = ends({ status: null, fault: 'ENOENT', output: '' });
  await expect(requireCompiler('g++', absent, signal)).rejects.toMatchObject({
    code: 'CSM-NATIVE-COMPILER',
    remedy: expect.stringContaining('apt-get install g++'),
  });
});

it('compiles the sources against the stable interface and the library that is there', async () => {
  for (const name of ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2']) await library(`deps/lib/${name}`);
  await build();
  const words = calls[0]?.join(' ').replaceAll(folder, '') ?? '';
  expect(words).toMatch(/^g\+\+ -std=c\+\+17 .*-DNAPI_VERSION=8 .*-I\/source -I\/deps\/include -I\S+node-api-headers/);
  expect(words).toContain(
    '/source/binding/a.cc /source/binding/b.cc /kernels/own.cc -o /lib/napi-v8/tfjs_binding.node',
  );
  expect(words).toMatch(
    /-l:libtensorflow_cc\.so\.2 -l:libtensorflow_framework\.so\.2 -Wl,-rpath,\$ORIGIN\/\.\.\/\.\.\/deps\/lib$/,
  );
  expect(words).not.toContain('nvidia');
});

it('names the CUDA libraries that were brought, each after those that it calls', async () => {
  for (const name of ['libtensorflow.so.2', 'libtensorflow_framework.so.2']) await library(`deps/lib/${name}`);
  for (const path of [
    'cusolver/lib/libcusolver.so.11',
    'cusolver/lib/libcusolverMg.so.11',
    'cublas/lib/libcublas.so.12',
  ])
    await library(`deps/nvidia/${path}`);
  for (const path of ['cublas/lib/libcublasLt.so.12', 'cudnn/lib/libcudnn.so.9', 'cudnn/lib/libcudnn_graph.so.9'])
    await library(`deps/nvidia/${path}`);
  await build();
  expect(calls[0]?.filter((word) => word.startsWith('-l:'))).toEqual([
    '-l:libcublasLt.so.12',
    '-l:libcublas.so.12',
    '-l:libcusolver.so.11',
    '-l:libcudnn.so.9',
    '-l:libtensorflow.so.2',
    '-l:libtensorflow_framework.so.2',
  ]);
  expect(calls[0]).toContain('-Wl,-rpath,$ORIGIN/../../deps/nvidia/cublas/lib');
});

it("tells the compiler's first complaints without paths, or that there is no library", async () => {
  await expect(build()).rejects.toMatchObject({ code: 'CSM-NATIVE-BUILD', details: { reason: 'no library to link' } });
  for (const name of ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2']) await library(`deps/lib/${name}`);
  const output =
    'In file included\n/home/someone/source/a.cc:3:1: fatal error: none.h: No such file\ncompilation terminated.';
  await expect(build({ status: 1, output })).rejects.toMatchObject({
    details: { reason: 'a.cc:3:1: fatal error: none.h: No such file' },
  });
  await expect(build({ status: null, fault: 'ENOENT', output: '' })).rejects.toMatchObject({
    details: { reason: 'ENOENT failed' },
  });
});
