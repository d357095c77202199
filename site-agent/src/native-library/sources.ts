import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { coded } from '@consilium/shared/errors';
import type { Dispatcher } from 'undici';
import { download } from './download.js';
import { isUnreachable, onDisk } from './faults.js';
import type { Bundle, Pin } from './pins.js';
import { fetchByPip } from './pip.js';
import { findOnIndex, publicIndex } from './python-index.js';
import type { Run } from './run.js';
import type { Stage } from './stage.js';

export interface FetchOptions {
  /** Where files go, and stay until an installation has taken them over. */
  readonly folder: string;
  /** A Python index of the hospital's own; then pip is left out. */
  readonly index?: URL | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly proxy?: string | undefined;
  readonly ca?: string | undefined;
  readonly network: Dispatcher;
  readonly run: Run;
  readonly pause: (ms: number) => Promise<void>;
  readonly stage: Stage;
  readonly signal: AbortSignal;
}

/**
 * Brings a bundle's files into the folder, from the first source that has them.
 * @returns their paths, in the bundle's order
 * @throws CSM-NATIVE-UNREACHABLE naming every source, CSM-NATIVE-HASH, CSM-NATIVE-DISK, the signal's reason
 */
export async function fetchBundle(bundle: Bundle, options: FetchOptions): Promise<readonly string[]> {
  const { folder, stage } = options;
  await onDisk(folder, () => mkdir(folder, { recursive: true }));
  const failed: string[] = [];
  for (const fetch of sourcesOf(bundle, options)) {
    try {
      await fetch();
      return bundle.files.map((file) => join(folder, file.name));
    } catch (thrown) {
      if (!isUnreachable(thrown)) throw thrown;
      failed.push(String(thrown.details.sources));
      stage.say(`${bundle.name} is not to be had from ${String(thrown.details.sources)}`);
    } finally {
      stage.settle();
    }
  }
  throw coded('CSM-NATIVE-UNREACHABLE', { sources: failed.join(', ') });
}

function sourcesOf(bundle: Bundle, options: FetchOptions): readonly (() => Promise<void>)[] {
  const { folder, stage, index, env } = options;
  if (bundle.base !== undefined) {
    const base = new URL(bundle.base);
    return [() => fetchEach(bundle, options, async ({ name }) => new URL(name, base))];
  }
  const byIndex = () => fetchEach(bundle, options, ({ name }) => findOnIndex(index ?? indexOf(env), name, options));
  const onFile = ({ name }: Pin): void => stage.say(`Fetching ${name} with pip …`);
  const byPip = () => fetchByPip(bundle.files, folder, { ...options, onFile });
  return index === undefined ? [byPip, byIndex] : [byIndex];
}

/** The index that pip is told of, else the public one. */
function indexOf(env: Readonly<Record<string, string | undefined>>): URL {
  const told = env.PIP_INDEX_URL ?? '';
  return new URL(/^https?:/.test(told) && URL.canParse(told) ? told : publicIndex);
}

async function fetchEach({ files }: Bundle, options: FetchOptions, locate: (pin: Pin) => Promise<URL>): Promise<void> {
  for (const pin of files) {
    const from = await locate(pin);
    const onProgress = (done: number, total: number | null): void => options.stage.show(pin.name, done, total);
    await download(from, join(options.folder, pin.name), pin, { ...options, onProgress });
  }
}
