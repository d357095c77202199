import { it } from 'vitest';
import { type BackendChoice, type DeviceDemand, useBackend } from '../backend/index.js';
import { readHardware } from '../hardware/index.js';

/** A backend that tests are to run on, if it is here. */
export interface Rung {
  readonly choice: BackendChoice;
  readonly device: DeviceDemand;
  /** Why it is not here; null where it is. */
  readonly absence: string | null;
}

const known: readonly string[] = ['native', 'webgpu', 'wasm', 'cpu'] satisfies readonly BackendChoice[];

/** Whether a backend's absence is a failure: wasm and cpu run everywhere, of the others the environment says where they are installed. */
export const isRequired = (choice: BackendChoice): boolean => required.has(choice);

const required = new Set(['wasm', 'cpu', ...named(process.env.CONSILIUM_REQUIRE_BACKENDS ?? '')]);

function named(list: string): readonly string[] {
  const names = list.split(',').flatMap((name) => name.trim() || []);
  const stray = names.find((name) => !known.includes(name));
  if (stray !== undefined) throw new TypeError(`CONSILIUM_REQUIRE_BACKENDS names ${stray}, which is no backend`);
  return names;
}

/** Starts a backend, which stays in use. */
export const rungOf = (choice: BackendChoice, device: DeviceDemand = 'any'): Promise<Rung> =>
  useBackend(choice, { device }).then(
    () => ({ choice, device, absence: null }),
    (cause: unknown) => ({ choice, device, absence: cause instanceof Error ? cause.message : 'it does not start' }),
  );

/**
 * What tests of worked numbers run on: cpu, wasm, and the native library where it is here. Where it is not, the test file lists it as
 * skipped; where it is required, too, this throws.
 */
export async function numberBackends(): Promise<readonly BackendChoice[]> {
  const { absence } = await rungOf('native');
  if (absence !== null && isRequired('native')) throw new Error(`native was required, and it is not here: ${absence}`);
  if (absence === null) return ['cpu', 'wasm', 'native'];
  it.skip(`on native (skipped: ${absence})`, () => undefined);
  return ['cpu', 'wasm'];
}

/** On a GPU, or else on a processor that plays one. Loaded only where there can be one: Dawn says on stderr what it misses. */
export async function webgpuRung(): Promise<Rung> {
  if (!readHardware().gpuPossible && !isRequired('webgpu')) {
    return { choice: 'webgpu', device: 'any', absence: 'this machine shows no GPU and no Vulkan driver is named' };
  }
  const onGpu = await rungOf('webgpu');
  return onGpu.absence === null ? onGpu : rungOf('webgpu', 'cpu');
}
