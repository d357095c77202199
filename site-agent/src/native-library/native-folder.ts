import { existsSync } from 'node:fs';
import { chmod, readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  addonSource,
  kernelSources,
  type NativeInstallation,
  nativeManifest,
  readNativeInstallation,
} from '@consilium/models/native-library';
import { writeWhole } from '../config/index.js';
import { onDisk } from './faults.js';

/** The installation in use, if it is of the addon's version and of our operations', serves the device and lies where it should. */
export function presentIn(folder: string, device: 'cpu' | 'gpu'): NativeInstallation | null {
  const found = installationIn(folder);
  const fits = found !== null && (device === 'cpu' || found.device === 'gpu');
  const current = found?.addonVersion === addonSource().version && found.kernels === kernelSources().sha256;
  return fits && current && existsSync(join(folder, found.addon)) ? found : null;
}

/** The manifest; null where there is none that can be understood. */
export function installationIn(folder: string): NativeInstallation | null {
  try {
    return readNativeInstallation(folder);
  } catch {
    return null;
  }
}

/** Puts a tested installation where it stays, and the manifest with it; then the one before goes. @throws CSM-NATIVE-DISK */
export async function bringIntoUse(folder: string, scratch: string, installation: NativeInstallation): Promise<void> {
  const previous = installationIn(folder)?.folder;
  await onDisk(folder, () => rename(join(scratch, installation.folder), join(folder, installation.folder)));
  await writeManifest(folder, installation);
  if (previous !== undefined) await discard(folder, previous);
}

/** It holds no secret, and the agent may run as another user. */
export const writeManifest = (folder: string, installation: NativeInstallation): Promise<void> =>
  onDisk(folder, async () => {
    await writeWhole(join(folder, nativeManifest), `${JSON.stringify(installation, null, 2)}\n`);
    await chmod(join(folder, nativeManifest), 0o644);
  });

/** Of a folder in which an installation is made. */
export const scratchPrefix = 'installing-';
const ours = /^(?:lib)?tensorflow-[\w.-]+-[0-9a-f]{8}$/;

/** Removes what an installation that broke off left behind. */
export async function sweep(folder: string): Promise<void> {
  const used = installationIn(folder)?.folder;
  for (const name of await onDisk(folder, () => readdir(folder))) {
    if (name.startsWith(scratchPrefix) || (ours.test(name) && name !== used)) await discard(folder, name);
  }
}

/** Removes a folder that lies directly in another. */
async function discard(folder: string, name: string): Promise<void> {
  if (basename(name) === name && !name.startsWith('.')) await rm(join(folder, name), { recursive: true, force: true });
}
