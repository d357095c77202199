import { CodedError, coded } from '@consilium/shared/errors';

/** A source that does not give the library, with why in a few words; the next one may. */
export const unreachable = (source: string, reason: string, cause?: unknown): CodedError =>
  coded('CSM-NATIVE-UNREACHABLE', { sources: `${source} (${reason})` }, { cause });

export const isUnreachable = (thrown: unknown): thrown is CodedError & { readonly code: 'CSM-NATIVE-UNREACHABLE' } =>
  thrown instanceof CodedError && thrown.code === 'CSM-NATIVE-UNREACHABLE';

/** The code of a fault of the system or of the network: `ENOTFOUND`, `UND_ERR_CONNECT_TIMEOUT`. */
export function reasonOf(thrown: unknown): string {
  const inner: unknown = thrown instanceof AggregateError ? thrown.errors[0] : thrown;
  if (!(inner instanceof Error)) return 'unknown fault';
  if ('code' in inner && typeof inner.code === 'string') return inner.code;
  return inner.cause instanceof Error ? reasonOf(inner.cause) : inner.name;
}

const ofDisk = new Set([
  'EACCES',
  'EDQUOT',
  'EEXIST',
  'EIO',
  'EISDIR',
  'ENOENT',
  'ENOSPC',
  'ENOTDIR',
  'EPERM',
  'EROFS',
]);

export const isDiskFault = (thrown: unknown): boolean => ofDisk.has(reasonOf(thrown));

export const diskFault = (path: string, thrown: unknown): CodedError =>
  coded('CSM-NATIVE-DISK', { path, reason: reasonOf(thrown) }, { cause: thrown });

/** Does something on the disk; a fault of the system becomes a coded error. @throws CSM-NATIVE-DISK */
export async function onDisk<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof CodedError || !isDiskFault(thrown)) throw thrown;
    throw diskFault(path, thrown);
  }
}
