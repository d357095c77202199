import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';

/** The file in the native folder that says which installation is in use. */
export const nativeManifest = 'native.json';

/**
 * What `consilium-site backend install native` leaves behind, as `native.json` in the native folder. Paths are relative to that
 * folder. An installation lies in a folder of its own beside the manifest, so a new one never touches one in use.
 */
export const nativeInstallation = z.strictObject({
  format: z.literal('consilium-native-1'),
  /** The installation's folder: `lib/napi-v8/` holds the addon, `deps/lib/` the library that it is linked with. */
  folder: z.string(),
  /** The compiled addon. */
  addon: z.string(),
  /** What the library was built for: `gpu` also runs on a processor alone. */
  device: z.enum(['cpu', 'gpu']),
  /** Where the library came from, and the SHA-256 of each file that was fetched. */
  source: z.strictObject({
    kind: z.enum(['archive', 'wheel', 'file']),
    version: z.string(),
    files: z.array(z.strictObject({ name: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/) })).min(1),
  }),
  /** Version of the package whose addon source was compiled. */
  addonVersion: z.string(),
  /** SHA-256 of our own operations' sources that were compiled beside it; installations of old have none. */
  kernels: z.string().optional(),
  installedAt: z.iso.datetime(),
});

export type NativeInstallation = Readonly<z.infer<typeof nativeInstallation>>;

/** The folder of native libraries: CONSILIUM_NATIVE, else `consilium/native` in the user's data folder (XDG_DATA_HOME). */
export function nativeFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  if (env.CONSILIUM_NATIVE) return resolve(env.CONSILIUM_NATIVE);
  const data = env.XDG_DATA_HOME;
  return join(data && isAbsolute(data) ? data : join(homedir(), '.local', 'share'), 'consilium', 'native');
}

/** The installation in use; null where there is none. Throws where the manifest cannot be understood. */
export function readNativeInstallation(folder: string): NativeInstallation | null {
  let text: string;
  try {
    text = readFileSync(join(folder, nativeManifest), 'utf8');
  } catch {
    return null;
  }
  return nativeInstallation.parse(JSON.parse(text));
}
