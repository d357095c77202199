import { lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, normalize } from 'node:path';
import fc from 'fast-check';
import { create } from 'tar';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeZip } from '../testing/fake-wheel.js';
import { archivePlacement, unpackTar, unpackZip, wheelPlacement } from './unpack.js';

const signal = new AbortController().signal;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-unpack-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));
const into = () => join(folder, 'into');
const listed = async () =>
  (await readdir(into(), { recursive: true, withFileTypes: true }).catch(() => []))
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(into().length + 1))
    .sort();

it('takes of a wheel the libraries, the headers of the C interface and the CUDA libraries', async () => {
  const file = join(folder, 'a.whl');
  await writeFile(
    file,
    makeZip({
      'tensorflow/libtensorflow_cc.so.2': 'cc',
      'tensorflow/libtensorflow_framework.so.2': 'framework',
      'tensorflow/include/tensorflow/c/eager/c_api.h': 'header',
      'tensorflow/include/tsl/platform/ctstring.h': 'header',
      'tensorflow/include/xla/tsl/c/tsl_status.h': 'header',
      'tensorflow/include/Eigen/Core': 'no',
      'tensorflow/python/_pywrap_tfe.so': 'no',
      'nvidia/cudnn/lib/libcudnn.so.9': 'cudnn',
      'nvidia/cudnn/include/cudnn.h': 'no',
      'nvidia/cuda_nvcc/bin/ptxas': 'ptxas',
    }),
  );
  expect(await unpackZip(file, into(), wheelPlacement, signal)).toBe(7);
  expect(await listed()).toEqual([
    'deps/include/tensorflow/c/eager/c_api.h',
    'deps/include/tsl/platform/ctstring.h',
    'deps/include/xla/tsl/c/tsl_status.h',
    'deps/lib/libtensorflow_cc.so.2',
    'deps/lib/libtensorflow_framework.so.2',
    'deps/nvidia/cuda_nvcc/bin/ptxas',
    'deps/nvidia/cudnn/lib/libcudnn.so.9',
  ]);
  expect(await readFile(join(into(), 'deps/lib/libtensorflow_cc.so.2'), 'utf8')).toBe('cc');
  expect((await lstat(join(into(), 'deps/nvidia/cuda_nvcc/bin/ptxas'))).mode & 0o111).not.toBe(0);
});

it.each([
  '../escape.so',
  '/etc/escape.so',
  'tensorflow/../../libtensorflow_cc.so.2',
  'tensorflow\\libtensorflow_cc.so.2',
])('writes nothing of a wheel that names %s', async (name) => {
  const file = join(folder, 'a.whl');
  await writeFile(file, makeZip({ [name]: 'evil' }));
  await unpackZip(file, into(), wheelPlacement, signal).catch((thrown: unknown) =>
    expect(thrown).toMatchObject({ code: 'CSM-NATIVE-ARCHIVE' }),
  );
  expect(await listed()).toEqual([]);
  expect((await readdir(folder)).sort()).not.toContain('escape.so');
});

it('places no name outside its own folder', () => {
  const parts = fc.constantFrom('tensorflow', 'include', 'lib', 'nvidia', 'cudnn', 'c', 'tsl', '..', '.', '', 'a.h');
  const names = fc.oneof(
    fc.string(),
    fc.array(parts, { maxLength: 7 }).map((name) => name.join('/')),
  );
  fc.assert(
    fc.property(names, (name) => {
      for (const place of [wheelPlacement(name), archivePlacement(name)]) {
        if (place !== null) expect(normalize(place)).toBe(place);
        expect(place ?? 'deps/').toMatch(/^deps\//);
      }
    }),
  );
});

it('takes of an archive libraries with their links, and headers', async () => {
  const from = join(folder, 'from');
  for (const path of ['lib', 'include/tensorflow/c', 'other']) await mkdir(join(from, path), { recursive: true });
  await writeFile(join(from, 'lib/libtensorflow.so.2.9.1'), 'library');
  await symlink('libtensorflow.so.2.9.1', join(from, 'lib/libtensorflow.so.2'));
  await symlink('../../../escape', join(from, 'lib/libtensorflow_framework.so.2'));
  await writeFile(join(from, 'include/tensorflow/c/c_api.h'), 'header');
  await writeFile(join(from, 'other/file'), 'no');
  const file = join(folder, 'a.tar.gz');
  await create({ file, cwd: from, gzip: true }, ['.']);
  expect(await unpackTar(file, into(), archivePlacement, signal)).toBe(3);
  expect(await listed()).toEqual([
    'deps/include/tensorflow/c/c_api.h',
    'deps/lib/libtensorflow.so.2',
    'deps/lib/libtensorflow.so.2.9.1',
  ]);
  expect(await readFile(join(into(), 'deps/lib/libtensorflow.so.2'), 'utf8')).toBe('library');
});

it('says that a file cannot be read as what it should be', async () => {
  const file = join(folder, 'a.whl');
  await writeFile(file, makeZip({ 'tensorflow/libtensorflow_cc.so.2': 'x'.repeat(1000) }));
  await truncate(file, 500);
  await expect(unpackZip(file, into(), wheelPlacement, signal)).rejects.toMatchObject({ code: 'CSM-NATIVE-ARCHIVE' });
  await expect(unpackTar(file, into(), archivePlacement, signal)).rejects.toMatchObject({ code: 'CSM-NATIVE-ARCHIVE' });
});
