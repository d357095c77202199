import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { CodedError, coded } from '@consilium/shared/errors';
import { extract, type ReadEntry } from 'tar';
import { openPromise } from 'yauzl';
import { isDiskFault, onDisk } from './faults.js';

/**
 * Where a file of a wheel or archive goes, below the installation; null where it is not needed. Only names that are spelled out here
 * are ever written, so that none can lead out of the folder.
 */
export type Placement = (name: string) => string | null;

const headers =
  /^(?:tensorflow\/c|tensorflow\/core\/(?:platform|common_runtime\/next_pluggable_device\/c)|tsl|xla\/tsl)\/(?:[\w-]+\/)*[\w-]+\.h$/;

const headerPlace = (name: string): string | null => (headers.test(name) ? `deps/include/${name}` : null);

/**
 * Files of a TensorFlow wheel or of a CUDA companion. `deps/lib` stands where the wheel has `tensorflow/`, so that `nvidia/` lies
 * beside it as in a Python installation: the libraries look for one another by paths relative to themselves.
 */
export const wheelPlacement: Placement = (name) => {
  if (/^tensorflow\/libtensorflow_(?:cc|framework)\.so\.2$/.test(name)) {
    return `deps/lib/${name.slice('tensorflow/'.length)}`;
  }
  if (name.startsWith('tensorflow/include/')) return headerPlace(name.slice('tensorflow/include/'.length));
  if (/^nvidia\/\w+\/lib\/lib[\w.-]+\.so(?:\.\d+)*$/.test(name)) return `deps/${name}`;
  if (/^nvidia\/cuda_nvcc\/(?:bin\/ptxas|nvvm\/libdevice\/[\w.]+\.bc)$/.test(name)) return `deps/${name}`;
  return null;
};

/** Files of an official archive, which has `lib/` and `include/`. */
export const archivePlacement: Placement = (name) => {
  const bare = name.replace(/^\.\//, '');
  if (/^lib\/libtensorflow(?:_framework)?\.so(?:\.\d+)*$/.test(bare)) return `deps/${bare}`;
  return bare.startsWith('include/') ? headerPlace(bare.slice('include/'.length)) : null;
};

/** Unpacks what has a place from a zip. @returns how many files. @throws CSM-NATIVE-ARCHIVE, CSM-NATIVE-DISK */
export const unpackZip = (file: string, into: string, place: Placement, signal: AbortSignal): Promise<number> =>
  readable(file, into, signal, async () => {
    const zip = await openPromise(file, { strictFileNames: true });
    let count = 0;
    try {
      for await (const entry of zip.eachEntry()) {
        signal.throwIfAborted();
        const at = place(entry.fileName);
        if (at === null) continue;
        const target = join(into, at);
        await mkdir(dirname(target), { recursive: true });
        await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(target, { flags: 'wx' }), { signal });
        if (/\/bin\//.test(at)) await chmod(target, 0o755);
        count++;
      }
    } finally {
      zip.close();
    }
    return count;
  });

/** Unpacks what has a place from a tar, packed with gzip or not. @returns how many files. @throws CSM-NATIVE-ARCHIVE, CSM-NATIVE-DISK */
export const unpackTar = (file: string, into: string, place: Placement, signal: AbortSignal): Promise<number> =>
  readable(file, into, signal, async () => {
    let count = 0;
    await mkdir(join(into, 'deps'), { recursive: true });
    const unpacking = extract({
      cwd: join(into, 'deps'),
      strict: true,
      preserveOwner: false,
      filter: (name, entry) => {
        const wanted = place(name) !== null && 'type' in entry && isPlain(entry);
        if (wanted) count++;
        return wanted;
      },
    });
    await pipeline(createReadStream(file), unpacking, { signal });
    return count;
  });

/** A file, or a link to a name in the same folder (`libtensorflow.so.2` → `libtensorflow.so.2.9.1`). */
const isPlain = ({ type, linkpath = '' }: ReadEntry): boolean =>
  type === 'File' || (type === 'SymbolicLink' && /^[\w-][\w.-]*$/.test(linkpath));

async function readable<Result>(
  file: string,
  into: string,
  signal: AbortSignal,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await onDisk(into, work);
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    if (thrown instanceof CodedError || isDiskFault(thrown)) throw thrown;
    const problem = thrown instanceof Error ? (thrown.message.split('\n')[0] ?? thrown.name) : 'unknown fault';
    throw coded('CSM-NATIVE-ARCHIVE', { file, problem }, { cause: thrown });
  }
}
