import { open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { CodedError, fail } from '@consilium/shared/errors';
import { type Dispatcher, request } from 'undici';
import { z } from 'zod';
import { sha256Of } from './digest.js';
import { diskFault, isDiskFault, onDisk, reasonOf, unreachable } from './faults.js';
import { following, withoutCredentials } from './network.js';
import type { Pin } from './pins.js';

/** Tries in a row that bring no new byte. */
const fruitlessTries = 4;
const firstPauseMs = 1000;

export interface DownloadOptions {
  readonly network: Dispatcher;
  readonly signal: AbortSignal;
  /** Resolves after so many milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
  readonly onProgress?: (done: number, total: number | null) => void;
}

/**
 * Fetches a file to `path`, whole and with the pin's SHA-256, or fails. Its bytes lie in `path.part` until then: a second call, in
 * this process or after a restart, goes on where the first stopped. A file that is there and right is taken as it is.
 *
 * @throws CSM-NATIVE-UNREACHABLE, CSM-NATIVE-HASH (and the part is gone), CSM-NATIVE-DISK, the signal's reason
 */
export async function download(from: URL, path: string, pin: Pin, options: DownloadOptions): Promise<void> {
  const { signal, pause } = options;
  const part = `${path}.part`;
  if (await isWhole(path, pin, signal)) return;
  let answered = false;
  for (let fruitless = 0; ; ) {
    const before = await sizeOf(part);
    const end = await receive(from, part, pin, options);
    if (end.kind === 'whole') break;
    signal.throwIfAborted();
    const grew = (await sizeOf(part)) > before;
    fruitless = grew ? 1 : fruitless + 1;
    answered ||= grew;
    // A first word that fails will fail again, and another source is the better answer; a stream that broke is taken up again.
    if (!answered || fruitless >= fruitlessTries) throw unreachable(from.host, end.reason, end.cause);
    await pause(firstPauseMs * 2 ** (fruitless - 1));
  }
  await adopt(part, path, pin, signal);
}

/** Whether a file is there with the pin's content. */
export async function isWhole(path: string, { sha256, bytes }: Pin, signal: AbortSignal): Promise<boolean> {
  const size = await sizeOf(path);
  return size > 0 && (bytes === null || size === bytes) && (await sha256Of(path, signal)) === sha256;
}

/** Gives a file its name if its content is the pin's; it is gone otherwise. @throws CSM-NATIVE-HASH, CSM-NATIVE-DISK */
export async function adopt(part: string, path: string, pin: Pin, signal: AbortSignal): Promise<void> {
  if ((await sha256Of(part, signal)) !== pin.sha256) await refuse(part, pin);
  await onDisk(path, () => rename(part, path));
  await rm(validatorOf(part), { force: true });
}

async function refuse(part: string, { name }: Pin): Promise<never> {
  for (const path of [part, validatorOf(part)]) await rm(path, { force: true });
  return fail('CSM-NATIVE-HASH', { file: name });
}

/** How one request ended: `broken` may go better next time. */
type End = { readonly kind: 'whole' } | { readonly kind: 'broken'; readonly reason: string; readonly cause?: unknown };

/** One request, from the end of the part to the end of the file. */
async function receive(from: URL, part: string, pin: Pin, options: DownloadOptions): Promise<End> {
  const have = await sizeOf(part);
  if (have > 0 && have === pin.bytes) return { kind: 'whole' };
  try {
    const response = await ask(from, part, have, options);
    const begin = beginOf(response, have);
    if (begin !== null) return await save(response, begin, from, part, pin, options);
    await response.body.dump();
    // 416: nothing follows what is here. It may be the whole file; the hash tells.
    if (response.statusCode === 416) return { kind: 'whole' };
    return { kind: 'broken', reason: `HTTP ${response.statusCode}` };
  } catch (thrown) {
    if (options.signal.aborted) throw options.signal.reason;
    if (thrown instanceof CodedError) throw thrown;
    if (isDiskFault(thrown)) throw diskFault(part, thrown);
    return { kind: 'broken', reason: reasonOf(thrown), cause: thrown };
  }
}

async function ask(
  from: URL,
  part: string,
  have: number,
  { network, signal }: DownloadOptions,
): Promise<Dispatcher.ResponseData> {
  const { url, headers } = withoutCredentials(from);
  const kept = have > 0 ? await readValidator(part) : null;
  return request(url, {
    dispatcher: following(network),
    signal,
    headers: {
      ...headers,
      // Offsets count bytes as they lie on the server.
      'accept-encoding': 'identity',
      ...(have > 0 && { range: `bytes=${have}-` }),
      ...(have > 0 && kept?.url === url.href && { 'if-range': kept.etag }),
    },
  });
}

/** Where the bytes of an answer belong; null where it brings none that are of use. */
function beginOf({ statusCode, headers }: Dispatcher.ResponseData, have: number): number | null {
  if (statusCode === 200) return 0;
  if (statusCode !== 206) return null;
  const begin = /^bytes (\d+)-/.exec(String(headers['content-range']))?.[1];
  return Number(begin) === have ? have : null;
}

async function save(
  response: Dispatcher.ResponseData,
  begin: number,
  from: URL,
  part: string,
  pin: Pin,
  { signal, onProgress }: DownloadOptions,
): Promise<End> {
  const length = Number(response.headers['content-length']);
  const total = pin.bytes ?? (Number.isInteger(length) ? begin + length : null);
  let done = begin;
  await keepValidator(part, withoutCredentials(from).url, response.headers.etag);
  onProgress?.(done, total);
  const file = await open(part, begin === 0 ? 'w' : 'r+');
  try {
    // Each piece is in the file before the next is taken: what came before a cut is there to go on from.
    for await (const chunk of response.body) {
      const piece = received.parse(chunk);
      // A server that sends without end must not fill the disk.
      if (total !== null && done + piece.length > total) await refuse(part, pin);
      await file.write(piece, 0, piece.length, done);
      done += piece.length;
      onProgress?.(done, total);
      signal.throwIfAborted();
    }
  } finally {
    await file.close();
  }
  return total === null || done === total ? { kind: 'whole' } : { kind: 'broken', reason: 'cut short' };
}

const received = z.instanceof(Uint8Array);

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );

/** Of which representation a part's bytes are, so that a file that changed since is begun anew (RFC 9110, If-Range). */
const validator = z.strictObject({ url: z.string(), etag: z.string() });
const validatorOf = (part: string): string => `${part}.json`;

async function keepValidator(part: string, url: URL, etag: string | string[] | undefined): Promise<void> {
  // A weak one does not promise the same bytes.
  if (typeof etag !== 'string' || etag.startsWith('W/')) return rm(validatorOf(part), { force: true });
  await writeFile(validatorOf(part), JSON.stringify({ url: url.href, etag }));
}

async function readValidator(part: string): Promise<z.output<typeof validator> | null> {
  try {
    return validator.parse(JSON.parse(await readFile(validatorOf(part), 'utf8')));
  } catch {
    return null;
  }
}
