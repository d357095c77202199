import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addonSource, type NativeInstallation, readNativeInstallation } from '@consilium/models/native-library';
import { coded } from '@consilium/shared/errors';
import { create } from 'tar';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeZip, pinOf } from '../testing/fake-wheel.js';
import { type FileServer, sendRange, serve } from '../testing/file-server.js';
import { type InstallRequest, type InstallSurroundings, installNative, type Trial } from './install.js';
import type { Bundle } from './pins.js';
import type { Run } from './run.js';

const cpuName = 'tensorflow_cpu-1.0-cp311-cp311-manylinux_2_27_x86_64.whl';
const cpuWheel = makeZip({
  'tensorflow/libtensorflow_cc.so.2': 'library',
  'tensorflow/libtensorflow_framework.so.2': 'framework',
  'tensorflow/include/tensorflow/c/c_api.h': 'header',
});
const gpuNames = [
  'tensorflow-1.0-cp313-cp313-manylinux_2_27_x86_64.whl',
  'nvidia_cudnn_cu12-9-py3-none-any.whl',
] as const;
const gpuWheels = [cpuWheel, makeZip({ 'nvidia/cudnn/lib/libcudnn.so.9': 'cudnn' })] as const;

let folder: string;
let native: string;
let said: string[];
let attempts: (readonly [string, string, boolean])[];
let archive: Buffer;
let files: Map<string, Buffer>;
let server: FileServer;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-install-'));
  native = join(folder, 'native');
  said = [];
  attempts = [];
  const from = join(folder, 'from');
  for (const path of ['lib', 'include/tensorflow/c']) await mkdir(join(from, path), { recursive: true });
  for (const name of ['libtensorflow.so.2', 'libtensorflow_framework.so.2'])
    await writeFile(join(from, 'lib', name), name);
  await create({ file: join(folder, 'a.tar.gz'), cwd: from, gzip: true }, ['lib', 'include']);
  archive = await readFile(join(folder, 'a.tar.gz'));
  files = new Map<string, Buffer>([
    [cpuName, cpuWheel],
    [gpuNames[0], gpuWheels[0]],
    [gpuNames[1], gpuWheels[1]],
  ]);
  server = await serve((request, response) => {
    const name = request.url?.split('/').at(-1) ?? '';
    const content = files.get(name);
    if (name === '') response.end([...files.keys()].map((file) => `<a href="/files/${file}">${file}</a>`).join(''));
    else if (content === undefined) response.writeHead(404).end();
    else sendRange(content, request, response);
  });
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const bundles = (): readonly Bundle[] => [
  {
    ...{ name: 'libtensorflow-cpu-0.9', kind: 'archive', version: '0.9', arch: 'x64', device: 'cpu' },
    base: new URL('/archives/', server.url).href,
    files: [pinOf('a.tar.gz', archive)],
  },
  {
    ...{ name: 'tensorflow-cpu-1.0', kind: 'wheel', version: '1.0', arch: 'x64', device: 'cpu' },
    files: [pinOf(cpuName, cpuWheel)],
  },
  {
    ...{ name: 'tensorflow-1.0', kind: 'wheel', version: '1.0', arch: 'x64', device: 'gpu' },
    files: [pinOf(gpuNames[0], gpuWheels[0]), pinOf(gpuNames[1], gpuWheels[1])],
  },
];

/** A compiler that writes an addon, and no pip. */
const run: Run = async (command, args) => {
  if (command === 'python3') return { status: null, fault: 'ENOENT', output: '' };
  const at = args[args.indexOf('-o') + 1];
  if (args.includes('-o') && at !== undefined) await writeFile(at, 'addon');
  return { status: 0, output: '' };
};

const passes: Trial = { cases: [{ name: 'sum', passed: true }] };

const install = (request: Partial<InstallRequest> = {}, around: Partial<InstallSurroundings> = {}) =>
  installNative(
    { folder: native, device: 'cpu', force: false, ...request },
    {
      platform: 'linux',
      arch: 'x64',
      env: { PIP_INDEX_URL: new URL('/simple', server.url).href },
      bundles: bundles(),
      run,
      free: async () => 1e12,
      now: () => new Date('2026-06-01T00:00:00Z'),
      pause: () => Promise.resolve(),
      stage: { say: (line) => void said.push(line), show: () => {}, settle: () => {} },
      signal: new AbortController().signal,
      gpuFault: async () => null,
      attempt: async (at, device, whole) => {
        attempts.push([at, device, whole]);
        return passes;
      },
      ...around,
    },
  );
const inUse = (): NativeInstallation | null => readNativeInstallation(native);
const listed = async () => (await readdir(native)).sort();

describe('an installation', () => {
  it('takes the first source that has the library, says which had not, tests it and brings it into use', async () => {
    const { fresh, tests, installation } = await install();
    expect([fresh, tests]).toEqual([true, 1]);
    expect(installation).toMatchObject({
      device: 'cpu',
      source: { kind: 'wheel', version: '1.0', files: [{ name: cpuName }] },
      addonVersion: addonSource().version,
      installedAt: '2026-06-01T00:00:00.000Z',
    });
    expect(said.join('\n')).toMatch(
      /libtensorflow-cpu-0\.9 is not to be had from 127\.0\.0\.1:\d+ \(HTTP 404\)\ntensorflow-cpu-1\.0 is not to be had from pip/,
    );
    expect(inUse()).toEqual(installation);
    expect(await readFile(join(native, installation.addon), 'utf8')).toBe('addon');
    expect(await readFile(join(native, installation.folder, 'deps/lib/libtensorflow_cc.so.2'), 'utf8')).toBe('library');
    expect(await listed()).toEqual(['native.json', installation.folder]);
    expect((await stat(join(native, 'native.json'))).mode & 0o444).toBe(0o444);
    const [at, device, whole] = attempts[0] ?? [];
    expect([at?.startsWith(join(native, 'installing-')), device, whole]).toEqual([true, 'cpu', true]);
  });

  it('takes the official archive where it is to be had', async () => {
    files.set('a.tar.gz', archive);
    expect((await install()).installation.source).toMatchObject({ kind: 'archive', version: '0.9' });
  });

  it('is left as it is, and quickly, unless forced; a forced one replaces it', async () => {
    const first = await install();
    const asked = server.asked.length;
    const again = await install();
    expect([again.fresh, again.installation, server.asked.length]).toEqual([false, first.installation, asked]);
    const forced = await install({ force: true });
    expect(forced.fresh).toBe(true);
    expect(await listed()).toEqual(['native.json', forced.installation.folder]);
  });

  it('is done anew for another version of the addon, or when the addon has gone', async () => {
    const { installation } = await install();
    await writeFile(join(native, 'native.json'), JSON.stringify({ ...installation, addonVersion: '0.0.1' }));
    const renewed = await install();
    expect(renewed.fresh).toBe(true);
    await rm(join(native, renewed.installation.addon));
    expect((await install()).fresh).toBe(true);
  });

  it('takes only what is asked for: a kind of source, an index', async () => {
    await expect(install({ source: 'archive' })).rejects.toMatchObject({ code: 'CSM-NATIVE-UNREACHABLE' });
    files.set('a.tar.gz', archive);
    const own = await install({ index: new URL('/simple', server.url) }, { env: {} });
    expect(own.installation.source.kind).toBe('wheel');
    expect(said.some((line) => line.includes('pip'))).toBe(false);
  });
});

describe('files that were brought', () => {
  const bring = async (names: readonly string[]) => {
    const at = join(folder, 'brought');
    await mkdir(at);
    for (const name of names) await writeFile(join(at, name), files.get(name) ?? 'something else');
    return at;
  };

  it('are known by their content, one by one or in a folder, and nobody is asked', async () => {
    const at = await bring([cpuName]);
    await writeFile(join(at, 'renamed'), cpuWheel);
    for (const from of [[at], [join(at, 'renamed')]]) {
      const { installation } = await install({ from, force: true });
      expect(installation.source).toMatchObject({ kind: 'file', files: [{ name: cpuName }] });
    }
    expect(server.asked).toHaveLength(0);
    expect(existsSync(join(at, 'renamed'))).toBe(true);
  });

  it('must be all that the device needs, unaltered', async () => {
    const at = await bring([gpuNames[0]]);
    await expect(install({ from: [at], device: 'gpu' })).rejects.toMatchObject({
      code: 'CSM-NATIVE-FILE',
      details: { file: gpuNames[1] },
    });
    await writeFile(join(at, gpuNames[0]), 'altered');
    await expect(install({ from: [at] })).rejects.toMatchObject({
      details: { file: `a.tar.gz or ${cpuName}` },
    });
    await expect(install({ from: [join(folder, 'none')] })).rejects.toMatchObject({ code: 'CSM-NATIVE-DISK' });
  });
});

describe('a GPU', () => {
  it('gets the library with its companions', async () => {
    const { installation } = await install({ device: 'gpu' });
    expect(existsSync(join(native, installation.folder, 'deps/nvidia/cudnn/lib/libcudnn.so.9'))).toBe(true);
    expect(installation.device).toBe('gpu');
    expect((await install()).fresh).toBe(false);
    expect((await install({ device: 'gpu' })).fresh).toBe(false);
    expect(attempts.at(-1)).toEqual([native, 'gpu', false]);
  });

  it('that no driver shows is said before anything is fetched', async () => {
    const gpuFault = async () => 'there is none';
    await expect(install({ device: 'gpu' }, { gpuFault })).rejects.toMatchObject({
      code: 'CSM-NATIVE-NO-GPU',
      details: { reason: 'there is none' },
    });
    expect(server.asked).toHaveLength(0);
  });

  it('that the library does not find is a fault: no processor takes its place', async () => {
    const attempt = () => Promise.reject(coded('CSM-BACKEND-NO-GPU', { reason: 'none' }));
    await expect(install({ device: 'gpu' }, { attempt })).rejects.toMatchObject({ code: 'CSM-NATIVE-NO-GPU' });
    expect(inUse()).toBeNull();
  });
});

describe('what goes wrong', () => {
  it('names every source when none can be reached', async () => {
    files.clear();
    await expect(install()).rejects.toMatchObject({
      code: 'CSM-NATIVE-UNREACHABLE',
      details: { sources: expect.stringMatching(/HTTP 404.*pip .*no tensorflow_cpu-1\.0/) },
    });
  });

  it('leaves the installation in use and what was fetched, and the next try begins there', async () => {
    const { installation } = await install();
    const failing: Trial = { cases: [...passes.cases, { name: 'convolution', passed: false }] };
    await expect(install({ force: true }, { attempt: async () => failing })).rejects.toMatchObject({
      code: 'CSM-NATIVE-CONFORMANCE',
      details: { failed: 1, total: 2, first: 'convolution' },
    });
    await expect(
      install(
        { force: true },
        { attempt: () => Promise.reject(coded('CSM-BACKEND-ENDED', { backend: 'native', how: 'SIGILL' })) },
      ),
    ).rejects.toMatchObject({ code: 'CSM-NATIVE-START', details: { reason: 'SIGILL' } });
    expect(inUse()).toEqual(installation);
    expect(await listed()).toEqual(['downloads', 'native.json', installation.folder]);
    const asked = server.asked.filter(({ url }) => url?.includes('/files/')).length;
    await install({ force: true });
    expect(server.asked.filter(({ url }) => url?.includes('/files/'))).toHaveLength(asked);
  });

  it('passes over a library that does not compile, start or agree, if another source has one that does', async () => {
    files.set('a.tar.gz', archive);
    const attempt = async (at: string): Promise<Trial> => {
      attempts.push([at, '', true]);
      return attempts.length === 1 ? { cases: [{ name: 'sum', passed: false }] } : passes;
    };
    expect((await install({}, { attempt })).installation.source.kind).toBe('wheel');
    expect(said.join('\n')).toContain('libtensorflow-cpu-0.9: The new library fails 1 of 1 tests');
  });

  it('never goes on with a file that was altered', async () => {
    files.set(cpuName, Buffer.from(cpuWheel).fill(0, 40, 41));
    await expect(install()).rejects.toMatchObject({ code: 'CSM-NATIVE-HASH', details: { file: cpuName } });
    expect(inUse()).toBeNull();
  });

  it('is said before anything is fetched: platform, compiler, space', async () => {
    for (const around of [{ platform: 'darwin' }, { arch: 'riscv64' }])
      await expect(install({}, around)).rejects.toMatchObject({
        code: 'CSM-NATIVE-PLATFORM',
        remedy: expect.stringMatching(/webgpu.*wasm/),
      });
    const absent: Run = async () => ({ status: null, fault: 'ENOENT', output: '' });
    await expect(install({}, { run: absent })).rejects.toMatchObject({ code: 'CSM-NATIVE-COMPILER' });
    await expect(install({}, { free: async () => 100 })).rejects.toMatchObject({
      code: 'CSM-NATIVE-SPACE',
      details: { free: '0.0' },
    });
    expect(server.asked).toHaveLength(0);
  });

  it('of a folder that cannot be made is told', async () => {
    await writeFile(native, 'a file');
    await expect(install()).rejects.toMatchObject({ code: 'CSM-NATIVE-DISK' });
  });
});

describe('two installations', () => {
  it('do not work in one folder at once', async () => {
    await mkdir(native);
    // The process that runs the tests lives and is not this one.
    const line = await readFile(`/proc/${process.ppid}/stat`, 'utf8');
    const begin = line.slice(line.lastIndexOf(')') + 2).split(' ')[19];
    await writeFile(join(native, 'install.lock'), `${process.ppid} ${begin}`);
    await expect(install()).rejects.toMatchObject({ code: 'CSM-NATIVE-BUSY', details: { pid: process.ppid } });
  });

  it('do not hinder one another when the first was killed; what it left is swept away', async () => {
    await mkdir(join(native, 'installing-00000000', 'x'), { recursive: true });
    await mkdir(join(native, 'tensorflow-cpu-1.0-00000000'));
    await mkdir(join(native, 'of-somebody'));
    await writeFile(join(native, 'install.lock'), '999999999 1');
    const { installation } = await install();
    expect(await listed()).toEqual(['native.json', 'of-somebody', installation.folder].sort());
  });
});
