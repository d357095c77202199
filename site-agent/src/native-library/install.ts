import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { addonSource, kernelSources, type NativeInstallation } from '@consilium/models/native-library';
import { CodedError, coded, fail } from '@consilium/shared/errors';
import { holdLock } from '../config/index.js';
import { addonPath, buildAddon, compilerOf, requireCompiler } from './addon.js';
import { isUnreachable, onDisk } from './faults.js';
import { bundleOf } from './local-files.js';
import { bringIntoUse, presentIn, scratchPrefix, sweep, writeManifest } from './native-folder.js';
import { openNetwork } from './network.js';
import type { Bundle } from './pins.js';
import type { Run } from './run.js';
import { fetchBundle } from './sources.js';
import { bytesFor, type FreeBytes, requireSpace } from './space.js';
import type { Stage } from './stage.js';
import { archivePlacement, unpackTar, unpackZip, wheelPlacement } from './unpack.js';

/** What the user asked for. */
export interface InstallRequest {
  /** The native folder. */
  readonly folder: string;
  readonly device: 'cpu' | 'gpu';
  readonly source?: 'archive' | 'wheel' | undefined;
  /** Files or folders of files that were brought here by hand; then nothing is fetched. */
  readonly from?: readonly string[] | undefined;
  readonly index?: URL | undefined;
  /** Install anew what is installed. */
  readonly force: boolean;
  readonly proxy?: string | undefined;
  readonly ca?: string | undefined;
}

/** How a new library did: its tests, in the order of the suite. */
export interface Trial {
  readonly cases: readonly { readonly name: string; readonly passed: boolean }[];
}

/** What an installation uses of the machine and of the process. */
export interface InstallSurroundings {
  readonly platform: string;
  readonly arch: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly bundles: readonly Bundle[];
  readonly run: Run;
  readonly free: FreeBytes;
  readonly now: () => Date;
  readonly pause: (ms: number) => Promise<void>;
  readonly stage: Stage;
  readonly signal: AbortSignal;
  /** Why no NVIDIA GPU can be used; null where one is seen. */
  readonly gpuFault: () => Promise<string | null>;
  /**
   * Starts the library of a native folder in a process of its own and, where `whole`, puts it through the conformance suite.
   * @throws CSM-BACKEND-* where it does not start, or finds no GPU where one is asked for
   */
  readonly attempt: (folder: string, device: 'cpu' | 'gpu', whole: boolean) => Promise<Trial>;
}

export interface InstallResult {
  readonly installation: NativeInstallation;
  /** It was put there now; false where it was there already. */
  readonly fresh: boolean;
  readonly tests: number;
}

/**
 * Puts the native library on this machine. It is fetched or taken from files, checked against the pins, unpacked, linked to a freshly
 * compiled addon and tested in a folder of its own; then one rename of the manifest brings it into use. Whatever goes wrong before
 * leaves the installation in use as it was, and what was fetched stays for the next try.
 *
 * @throws CSM-NATIVE-*, the signal's reason
 */
export async function installNative(request: InstallRequest, around: InstallSurroundings): Promise<InstallResult> {
  const { folder, device } = request;
  const { env, run, signal, stage } = around;
  const present = request.force ? null : presentIn(folder, device);
  if (present !== null) {
    if (device === 'gpu') await attempted(around, folder, 'gpu', false);
    return { installation: present, fresh: false, tests: 0 };
  }
  const candidates = candidatesFor(request, around);
  const gpuFault = device === 'gpu' ? await around.gpuFault() : null;
  if (gpuFault !== null) fail('CSM-NATIVE-NO-GPU', { reason: gpuFault });
  const compiler = compilerOf(env);
  await requireCompiler(compiler, run, signal);
  await onDisk(folder, () => mkdir(folder, { recursive: true }));
  const unlock = await onDisk(folder, () =>
    holdLock(join(folder, 'install.lock'), (pid) => fail('CSM-NATIVE-BUSY', { folder, pid })),
  );
  try {
    await sweep(folder);
    const given = request.from === undefined ? null : await bundleOf(request.from, candidates, signal);
    const failed: CodedError[] = [];
    for (const bundle of given === null ? candidates : [given.bundle]) {
      try {
        await requireSpace(folder, bytesFor(bundle), around.free);
        const files = given?.paths ?? (await fetched(bundle, request, around));
        const result = await build(bundle, files, compiler, request, around);
        await rm(downloadsIn(folder), { recursive: true, force: true });
        return result;
      } catch (thrown) {
        if (!(thrown instanceof CodedError) || !nextMayWork.has(thrown.code)) throw thrown;
        failed.push(thrown);
        if (!isUnreachable(thrown)) stage.say(`${bundle.name}: ${thrown.message}`);
      }
    }
    throw summary(failed);
  } finally {
    await unlock();
  }
}

const nextMayWork = new Set([
  'CSM-NATIVE-UNREACHABLE',
  'CSM-NATIVE-BUILD',
  'CSM-NATIVE-START',
  'CSM-NATIVE-CONFORMANCE',
]);

/** The last fault that is more than an absent source; otherwise all sources that were tried. */
function summary(failed: readonly CodedError[]): CodedError {
  const grave = failed.filter((error) => !isUnreachable(error)).at(-1);
  const sources = failed.map(({ details }) => String(details.sources)).join(', ');
  return grave ?? coded('CSM-NATIVE-UNREACHABLE', { sources });
}

const downloadsIn = (folder: string): string => join(folder, 'downloads');

/** @throws CSM-NATIVE-PLATFORM */
function candidatesFor(
  { device, source, index }: InstallRequest,
  { platform, arch, bundles }: InstallSurroundings,
): readonly Bundle[] {
  const kind = source ?? (index === undefined ? undefined : 'wheel');
  const fit = bundles.filter((bundle) => bundle.arch === arch && bundle.device === device);
  const wanted = fit.filter((bundle) => kind === undefined || bundle.kind === kind);
  return platform === 'linux' && wanted.length > 0
    ? wanted
    : fail('CSM-NATIVE-PLATFORM', { platform: `${platform} ${arch}`, device });
}

async function fetched(
  bundle: Bundle,
  request: InstallRequest,
  around: InstallSurroundings,
): Promise<readonly string[]> {
  const network = openNetwork({ ...request, env: around.env });
  try {
    return await fetchBundle(bundle, { ...request, ...around, folder: downloadsIn(request.folder), network });
  } finally {
    await network.destroy();
  }
}

/** Unpacks, compiles and tests in a folder of its own, then brings the result into use. */
async function build(
  bundle: Bundle,
  files: readonly string[],
  compiler: string,
  { folder, device, from }: InstallRequest,
  around: InstallSurroundings,
): Promise<InstallResult> {
  const { run, signal, stage, now } = around;
  const { folder: source, version } = addonSource();
  const kernels = kernelSources();
  const id = randomBytes(4).toString('hex');
  const scratch = join(folder, `${scratchPrefix}${id}`);
  const name = `${bundle.name}-${id}`;
  try {
    stage.say(`Unpacking ${bundle.name} …`);
    for (const file of files) await unpack(bundle, file, join(scratch, name), signal);
    stage.say('Compiling the addon …');
    await buildAddon(join(scratch, name), { source, kernels, compiler, run, signal });
    const installation: NativeInstallation = {
      format: 'consilium-native-1',
      folder: name,
      addon: join(name, addonPath),
      device: bundle.device,
      source: {
        kind: from === undefined ? bundle.kind : 'file',
        version: bundle.version,
        files: bundle.files.map((pin) => ({ name: pin.name, sha256: pin.sha256 })),
      },
      addonVersion: version,
      kernels: kernels.sha256,
      installedAt: now().toISOString(),
    };
    await writeManifest(scratch, installation);
    stage.say('Testing it against the reference …');
    const { cases } = await attempted(around, scratch, device, true);
    const failed = cases.filter(({ passed }) => !passed);
    const [first] = failed;
    if (first) fail('CSM-NATIVE-CONFORMANCE', { failed: failed.length, total: cases.length, first: first.name });
    await bringIntoUse(folder, scratch, installation);
    return { installation, fresh: true, tests: cases.length };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

const unpack = (bundle: Bundle, file: string, into: string, signal: AbortSignal): Promise<number> =>
  bundle.kind === 'wheel'
    ? unpackZip(file, into, wheelPlacement, signal)
    : unpackTar(file, into, archivePlacement, signal);

/** An attempt whose faults are those of an installation. */
async function attempted(
  { attempt }: InstallSurroundings,
  folder: string,
  device: 'cpu' | 'gpu',
  whole: boolean,
): Promise<Trial> {
  try {
    return await attempt(folder, device, whole);
  } catch (thrown) {
    if (!(thrown instanceof CodedError)) throw thrown;
    const reason = String(thrown.details.reason ?? thrown.details.how ?? thrown.code);
    throw thrown.code === 'CSM-BACKEND-NO-GPU'
      ? coded('CSM-NATIVE-NO-GPU', { reason: 'TensorFlow finds none, or not the driver that it wants' })
      : coded('CSM-NATIVE-START', { reason }, { cause: thrown });
  }
}
