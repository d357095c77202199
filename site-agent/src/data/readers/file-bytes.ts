import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { addAbortSignal, pipeline, type Readable, Transform } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CodedError, coded } from '@consilium/shared/errors';

/** What a reader does with a fault that it found: throws its own code. It is told what is wrong, never what the file holds or is called. */
export type Refuse = (problem: string) => never;

/** The most that a packed file may unpack to: ten times the largest matrix that is read. */
const unpackedLimitBytes = 2 ** 36;

/** A file's bytes as they come, unpacked when its name ends in `.gz`. What unpacks to more than it may ends with CSM-DATA-LARGE. */
export function openBytes(path: string, signal?: AbortSignal, limitBytes = unpackedLimitBytes): Readable {
  const file = createReadStream(path, signal ? { signal } : {});
  if (!path.endsWith('.gz')) return file;
  const plain = limited(limitBytes, () =>
    coded('CSM-DATA-LARGE', { file: basename(path), limit: `${limitBytes} bytes` }),
  );
  // An error of the file destroys the stream that is read, which so reports it.
  pipeline(file, createGunzip(), plain, () => undefined);
  // A packed file is read to its end long before it is unpacked.
  return signal ? addAbortSignal(signal, plain) : plain;
}

function limited(limitBytes: number, fault: () => CodedError): Transform {
  let passed = 0;
  return new Transform({
    transform(chunk: Uint8Array, _, done) {
      passed += chunk.length;
      if (passed > limitBytes) done(fault());
      else done(null, chunk);
    },
  });
}

/** A fault of a file that belongs to the whole site, by its name. An abort, and what has a code, stay as they are. */
export function asFileFault(thrown: unknown, path: string): unknown {
  if (thrown instanceof CodedError || !(thrown instanceof Error) || thrown.name === 'AbortError') return thrown;
  const file = basename(path);
  const code = codeOf(thrown);
  if (code === 'ENOENT' || code === 'ENOTDIR') return coded('CSM-DATA-FILE', { file });
  if (code.startsWith('Z_')) return coded('CSM-DATA-GZIP', { file });
  return coded('CSM-DATA-UNREADABLE', { file, reason: code });
}

/** A whole file of one patient, whose name is therefore not repeated. Nothing is read of one that is larger than the limit. */
export async function readWhole(path: string, limitBytes: number, refuse: Refuse): Promise<Uint8Array> {
  const file = await openFile(path, refuse);
  try {
    const { size } = await file.stat();
    if (size > limitBytes) refuse(`it is larger than ${limitBytes / 2 ** 20} MiB`);
    const bytes = new Uint8Array(size);
    await readExactly(file, bytes, 0, refuse);
    return bytes;
  } finally {
    await file.close();
  }
}

type FileHandle = Awaited<ReturnType<typeof open>>;

/** Opens a file of one patient. */
export async function openFile(path: string, refuse: Refuse): Promise<FileHandle> {
  try {
    const file = await open(path, 'r');
    if ((await file.stat()).isFile()) return file;
    await file.close();
  } catch (thrown) {
    const code = codeOf(thrown);
    return refuse(code === 'ENOENT' || code === 'ENOTDIR' ? 'there is no such file' : `the system says ${code}`);
  }
  return refuse('it is not a file');
}

/** Fills `into` with what lies at a place of the file. */
export async function readExactly(file: FileHandle, into: Uint8Array, position: number, refuse: Refuse): Promise<void> {
  for (let done = 0; done < into.byteLength; ) {
    const wanted = Math.min(into.byteLength - done, 2 ** 30);
    const { bytesRead } = await file
      .read(into, done, wanted, position + done)
      .catch((thrown: unknown) => refuse(`the system says ${codeOf(thrown)}`));
    if (bytesRead === 0) refuse('it is cut short');
    done += bytesRead;
  }
}

const codeOf = (thrown: unknown): string => {
  if (!(thrown instanceof Error)) return 'that it cannot';
  return 'code' in thrown ? String(thrown.code) : thrown.name;
};
