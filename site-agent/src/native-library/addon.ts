import { mkdir, readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { KernelSources } from '@consilium/models/native-library';
import { fail } from '@consilium/shared/errors';
import { z } from 'zod';
import { onDisk } from './faults.js';
import type { Run } from './run.js';

const require = createRequire(import.meta.url);

/** Where the addon lies in an installation. */
export const addonPath = join('lib', 'napi-v8', 'tfjs_binding.node');

/**
 * What TensorFlow loads by name when it looks for a GPU. Named as needed by the addon they are in the process before it asks, from
 * our folder, wherever else the machine keeps a CUDA. Each comes after those that it calls.
 */
const cudaLibraries = [
  ...['libcudart', 'libnvJitLink', 'libnvrtc', 'libcublasLt', 'libcublas', 'libcusparse', 'libcusolver'],
  ...['libcufft', 'libcurand', 'libcudnn', 'libcupti', 'libnccl'],
];

const firstLines = 3;

/** The compiler's name: CXX, else g++. */
export const compilerOf = (env: Readonly<Record<string, string | undefined>>): string => env.CXX || 'g++';

/** @throws CSM-NATIVE-COMPILER where it does not answer, the signal's reason */
export async function requireCompiler(compiler: string, run: Run, signal: AbortSignal): Promise<void> {
  const { status } = await run(compiler, ['--version'], { signal });
  if (status !== 0) fail('CSM-NATIVE-COMPILER', { compiler });
}

export interface AddonOptions {
  /** Folder of the package that holds the addon's source in `binding/`. */
  readonly source: string;
  /** Our own operations, which are linked into the addon. */
  readonly kernels: Omit<KernelSources, 'sha256'>;
  readonly compiler: string;
  readonly run: Run;
  readonly signal: AbortSignal;
}

/**
 * Compiles the addon of an installation against the library in its `deps/`. One build serves every Node from 20 on: it uses the
 * stable interface of version 8, whose headers come from npm. Paths in it are relative to itself, so that the folder may move.
 *
 * @throws CSM-NATIVE-BUILD, CSM-NATIVE-DISK, the signal's reason
 */
export async function buildAddon(installation: string, options: AddonOptions): Promise<void> {
  const { source, kernels, compiler, run, signal } = options;
  const sources = (await readdir(join(source, 'binding'))).filter((name) => name.endsWith('.cc')).sort();
  const own = await librariesIn(join(installation, 'deps', 'lib'));
  const library = own.find((name) => /^libtensorflow(?:_cc)?\.so\.2$/.test(name));
  const framework = own.find((name) => name === 'libtensorflow_framework.so.2');
  if (library === undefined || framework === undefined)
    return fail('CSM-NATIVE-BUILD', { reason: 'no library to link' });
  await onDisk(installation, () => mkdir(join(installation, addonPath, '..'), { recursive: true }));
  const ended = await run(
    compiler,
    [
      ...['-std=c++17', '-O3', '-fopenmp', '-fPIC', '-shared', '-DNAPI_VERSION=8', '-DBUILDING_NODE_EXTENSION'],
      ...[source, join(installation, 'deps', 'include'), nodeHeaders()].map((folder) => `-I${folder}`),
      ...sources.map((name) => join(source, 'binding', name)),
      ...kernels.units.map((name) => join(kernels.folder, name)),
      ...['-o', join(installation, addonPath)],
      ...(await cudaLinks(installation)),
      ...[`-L${join(installation, 'deps', 'lib')}`, `-l:${library}`, `-l:${framework}`],
      '-Wl,-rpath,$ORIGIN/../../deps/lib',
    ],
    { signal },
  );
  if (ended.status !== 0) fail('CSM-NATIVE-BUILD', { reason: compilerWords(ended.output, ended.fault ?? compiler) });
}

/** The CUDA libraries that lie in the installation, if any. */
async function cudaLinks(installation: string): Promise<readonly string[]> {
  const nvidia = join(installation, 'deps', 'nvidia');
  const folders = await readdir(nvidia).catch(() => []);
  const found = await Promise.all(
    folders.sort().map(async (folder) => ({ folder, names: await librariesIn(join(nvidia, folder, 'lib')) })),
  );
  const links = cudaLibraries.flatMap((library) =>
    found.flatMap(({ folder, names }) =>
      names
        .filter((name) => name.startsWith(`${library}.so.`))
        .slice(0, 1)
        .map((name) => [`-L${join(nvidia, folder, 'lib')}`, `-l:${name}`]),
    ),
  );
  if (links.length === 0) return [];
  // Old-style paths: they hold for what the libraries themselves need, too.
  const paths = found.map(({ folder }) => `-Wl,-rpath,$ORIGIN/../../deps/nvidia/${folder}/lib`);
  return ['-Wl,--disable-new-dtags', '-Wl,--no-as-needed', ...paths, ...links.flat()];
}

const librariesIn = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder).catch(() => [])).filter((name) => /\.so\.\d+$/.test(name)).sort();

const nodeHeaders = (): string => headersPackage.parse(require('node-api-headers')).include_dir;
const headersPackage = z.object({ include_dir: z.string() });

/** The compiler's first complaint, without the paths of this machine. */
function compilerWords(output: string, otherwise: string): string {
  const complaints = output.split('\n').filter((line) => /\b(?:error|cannot|undefined)\b/i.test(line));
  return (
    complaints
      .slice(0, firstLines)
      .join('; ')
      .replaceAll(/(?:\/[\w.+-]+)+\//g, '') || `${otherwise} failed`
  );
}
