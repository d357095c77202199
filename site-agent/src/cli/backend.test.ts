import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { coded } from '@consilium/shared/errors';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunningBackend, TestedCase, TrialRequest, TryBackend } from '../backends/index.js';
import type { Bundle } from '../native-library/index.js';
import { quietContext } from '../testing/command-context.js';
import { makeZip, pinOf } from '../testing/fake-wheel.js';
import { addBackend, type MachineParts } from './backend.js';
import { lineStage } from './download-stage.js';

const wheelName = 'tensorflow_cpu-1.0-cp311-cp311-manylinux_2_27_x86_64.whl';
const wheel = makeZip({ 'tensorflow/libtensorflow_cc.so.2': 'cc', 'tensorflow/libtensorflow_framework.so.2': 'f' });
const bundles: readonly Bundle[] = [
  {
    ...{ name: 'tensorflow-cpu-1.0', kind: 'wheel', version: '1.0', arch: 'x64', device: 'cpu' },
    files: [pinOf(wheelName, wheel)],
  },
];

const passing: TestedCase = { topic: 'products', name: 'plain', error: 1.23e-7, limit: 1e-5, leaked: 0, passed: true };
const failing: TestedCase = {
  ...{ topic: 'losses', name: 'focal', error: Number.POSITIVE_INFINITY, limit: 1e-5, leaked: 2, passed: false },
  fault: 'no kernel',
};
const native: RunningBackend = {
  ...{ name: 'native', version: '2.21.0', kind: 'gpu', device: 'NVIDIA L4', threads: 4 },
  ...{ memoryBytes: 24 * 2 ** 30, driver: '550.90.07' },
};
const wasm: RunningBackend = { name: 'wasm', version: '4.22.0', kind: 'cpu', device: 'a processor', threads: 1 };

let folder: string;
let printed: string[];
let asked: TrialRequest[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-backend-'));
  printed = [];
  asked = [];
  process.exitCode = undefined;
  await writeFile(join(folder, wheelName), wheel);
});
afterEach(async () => {
  process.exitCode = undefined;
  await rm(folder, { recursive: true, force: true });
});

const attempt =
  (cases: readonly TestedCase[] = [passing]): TryBackend =>
  async (request) => {
    asked.push(request);
    if (request.choice === 'webgpu') throw coded('CSM-BACKEND-WEBGPU', { reason: 'no driver' });
    const auto = { ...wasm, note: 'native does not run' };
    const backend = request.choice === 'auto' ? auto : request.choice === 'native' ? native : wasm;
    return { backend, cases: request.suite ? cases : [], speed: null };
  };

function type(words: readonly string[], machine: MachineParts = {}, signal = new AbortController().signal) {
  const context = quietContext(printed, { env: { CONSILIUM_NATIVE: join(folder, 'native') }, signal });
  const program = new Command('consilium-site').exitOverride().configureOutput({ writeErr: () => {} });
  addBackend(program, context, {
    platform: 'linux',
    arch: 'x64',
    bundles,
    run: async (_, args) => {
      const at = args[args.indexOf('-o') + 1];
      if (args.includes('-o') && at !== undefined) await writeFile(at, 'addon');
      return { status: args.includes('pip') ? 1 : 0, output: '' };
    },
    free: async () => 1e12,
    tryBackend: attempt(),
    ...machine,
  });
  return program.parseAsync(['node', 'consilium-site', 'backend', ...words, ...(words[0] === 'install' ? home() : [])]);
}
const home = () => ['--home', join(folder, 'home')];

describe('backend list', () => {
  it('shows every rung, its device, why one does not run, and what auto takes', async () => {
    await type(['list']);
    const text = printed.join('\n');
    expect(text).toMatch(/native +yes +2\.21\.0 +NVIDIA L4 \(gpu\), 24 GiB, driver 550\.90\.07/);
    expect(text).toMatch(/webgpu +no\n/);
    expect(text).toMatch(/wasm +yes +4\.22\.0 +a processor \(cpu\), 1 thread\n/);
    expect(text).toMatch(/CSM-BACKEND-WEBGPU: .*no driver\.\n {2}Install /);
    expect(text).toContain('auto takes wasm, on a processor (cpu), 1 thread.\n  native does not run');
    expect(text).toContain('The native library is not installed.');
  });

  it('gives one record to scripts', async () => {
    await type(['list', '--json']);
    expect(printed).toHaveLength(1);
    expect(JSON.parse(printed[0] ?? '')).toMatchObject({
      format: 'consilium-backends-1',
      auto: { name: 'wasm' },
      rungs: [
        { rung: 'native', backend: { device: 'NVIDIA L4' } },
        { rung: 'webgpu', error: { code: 'CSM-BACKEND-WEBGPU', remedy: expect.any(String) } },
        { rung: 'wasm' },
        { rung: 'cpu' },
      ],
    });
  });
});

describe('backend install native', () => {
  it('says what it does, ends with the tests, and is quick the second time', async () => {
    await type(['install', 'native', '--from', folder]);
    expect(printed).toEqual([
      'Unpacking tensorflow-cpu-1.0 …',
      'Compiling the addon …',
      'Testing it against the reference …',
      `TensorFlow 1.0 for the processor is installed in ${join(folder, 'native')} (0 s).`,
      'All 1 tests agree with the reference. Agents and commands take it from their next start.',
    ]);
    expect(asked).toEqual([{ choice: 'native', device: 'any', suite: true }]);
    printed = [];
    await type(['install', 'native']);
    expect(printed).toEqual([expect.stringContaining('is installed already')]);
    await type(['list']);
    expect(printed.at(-1)).toContain('The native library is TensorFlow 1.0 for the processor, installed 2026-06-01');
  });

  it('goes to another folder where it is told to', async () => {
    await type(['install', 'native', '--from', folder, '--to', join(folder, 'else')]);
    expect(printed.at(-2)).toContain(join(folder, 'else'));
  });

  it('ends with a status of its own where no source can be reached', async () => {
    await expect(type(['install', 'native', '--index', 'http://127.0.0.1:1/simple'])).rejects.toMatchObject({
      code: 'CSM-NATIVE-UNREACHABLE',
    });
    expect(process.exitCode).toBe(4);
  });

  it('fails where it is asked for a GPU that is not there', async () => {
    await expect(
      type(['install', 'native', '--gpu'], {
        bundles: bundles.map((bundle) => ({ ...bundle, device: 'gpu' })),
        gpuFault: async () => 'none is shown',
      }),
    ).rejects.toMatchObject({ code: 'CSM-NATIVE-NO-GPU', details: { reason: 'none is shown' } });
    expect(process.exitCode).toBeUndefined();
  });

  it('refuses other backends, kinds of source and addresses', async () => {
    await expect(type(['install', 'wasm'])).rejects.toMatchObject({ code: 'commander.invalidArgument' });
    await expect(type(['install', 'native', '--source', 'disk'])).rejects.toMatchObject({
      code: 'commander.invalidArgument',
    });
    await expect(type(['install', 'native', '--index', 'file:///x'])).rejects.toMatchObject({
      code: 'CSM-CLI-ARGUMENT',
    });
  });

  it("reads proxy and authority from the site's settings", async () => {
    await mkdir(join(folder, 'home'));
    await writeFile(join(folder, 'home', 'site.yaml'), 'data: { directory: x }\nca: none.pem\n');
    await expect(type(['install', 'native'])).rejects.toMatchObject({
      code: 'CSM-CLI-FILE',
      details: { path: join(folder, 'home', 'none.pem') },
    });
  });

  it('says that it was stopped, and that what was fetched is kept', async () => {
    const stop = new AbortController();
    stop.abort();
    await type(['install', 'native'], { run: () => Promise.reject(stop.signal.reason) }, stop.signal);
    expect(printed).toEqual(['Stopped. What was fetched is kept: the same command goes on from there.']);
    expect(process.exitCode).toBe(130);
  });
});

describe('backend test', () => {
  it('shows each case with its distance from the reference', async () => {
    await type(['test', 'native', '--device', 'gpu']);
    expect(asked).toEqual([{ choice: 'native', device: 'gpu', suite: true }]);
    expect(printed.join('\n')).toMatch(/ok +products +plain +1\.2e-7 +1\.0e-5/);
    expect(printed.at(-1)).toMatch(/^native 2\.21\.0 on NVIDIA L4 .*: all 1 cases agree with the reference\.$/);
    expect(process.exitCode).toBeUndefined();
  });

  it('ends with status 1 when a case fails, and says which and why', async () => {
    await type(['test'], { tryBackend: attempt([passing, failing]) });
    expect(printed.join('\n')).toMatch(/FAILS +losses +focal +– +1\.0e-5 +2/);
    expect(printed).toContain('losses, focal: no kernel');
    expect(printed.at(-1)).toContain('1 of 2 cases fail');
    expect(process.exitCode).toBe(1);
    await type(['test', '--json'], { tryBackend: attempt([failing]) });
    expect(JSON.parse(printed.at(-1) ?? '')).toMatchObject({ passed: false, cases: [{ error: null, leaked: 2 }] });
  });

  it('fails with the code of a backend that does not run', async () => {
    await expect(type(['test', 'webgpu'])).rejects.toMatchObject({ code: 'CSM-BACKEND-WEBGPU' });
  });
});

it('writes a line when a large file begins and for each fifth of it, none for a small one', () => {
  const lines: string[] = [];
  const stage = lineStage((line) => void lines.push(line));
  for (let done = 0; done <= 1e9; done += 1e8) stage.show('large', done, 1e9);
  stage.show('small', 1000, 1000);
  stage.show('unknown', 1000, null);
  expect(lines).toEqual(['0', '200', '400', '600', '800', '1000'].map((done) => `large: ${done} MB of 1000 MB`));
});
