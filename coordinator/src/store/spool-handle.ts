import { coded, fail } from '@consilium/shared/errors';
import type { Spool, SpoolClaim } from './blobs.js';
import { all, withSpace } from './disk.js';
import type { SealedWriter } from './sealed-writer.js';
import { turns } from './turns.js';

/** What a spool's handle needs of its file. */
export interface SpoolFile {
  /** Null when the upload was finished before. */
  readonly writer: SealedWriter | null;
  /** Leaves a mark, durably, that the upload is done. It counts once the blob is there, and not beside a file that is none yet. */
  mark(): Promise<void>;
  /** Turns the flushed file into a blob, durably. */
  adopt(): Promise<void>;
  /** Removes the file and its mark. */
  remove(): Promise<void>;
}

interface HandleOptions {
  readonly claim: SpoolClaim;
  readonly file: SpoolFile;
  readonly folder: string;
  /** The handle holds no file any more. */
  readonly onEnd: () => void;
}

/** The rules of an upload over a file: order, length, digest, one call at a time. */
export function spoolHandle({ claim, file, folder, onEnd }: HandleOptions): Spool {
  const { run, step, bytes, hash } = claim;
  let state: 'open' | 'finished' | 'closed' = file.writer === null ? 'finished' : 'open';
  let { writer } = file;
  const inTurn = turns();
  const next = <Result>(work: () => Promise<Result>) => inTurn('', () => withSpace(folder, work));

  const letGo = async (): Promise<void> => {
    const closing = writer;
    writer = null;
    onEnd();
    await closing?.close();
  };
  const openWriter = (): SealedWriter => writer ?? fail('CSM-SPOOL-CLOSED', { run, step });
  const end = async (): Promise<void> => {
    state = 'closed';
    await letGo();
  };

  /** After a failed write only the disk knows what is there: the upload must be opened again. */
  const orEnd = async (work: Promise<void>): Promise<void> => {
    try {
      await work;
    } catch (error) {
      await end();
      throw error;
    }
  };

  return {
    get offset() {
      return state === 'finished' ? bytes : (writer?.offset ?? 0);
    },
    write: (offset, part) =>
      next(async () => {
        if (state === 'closed') fail('CSM-SPOOL-CLOSED', { run, step });
        if (offset + part.length > bytes) fail('CSM-SPOOL-OVERRUN', { run, step, bytes });
        if (state === 'finished') return bytes;
        const file = openWriter();
        if (offset > file.offset) fail('CSM-SPOOL-GAP', { run, step, offset: file.offset, found: offset });
        const known = file.offset - offset;
        if (known < part.length) await orEnd(file.append(part.subarray(known)));
        return file.offset;
      }),
    finish: () =>
      next(async () => {
        if (state === 'closed') fail('CSM-SPOOL-CLOSED', { run, step });
        if (state === 'finished') return hash;
        const done = openWriter();
        if (done.offset < bytes) fail('CSM-SPOOL-INCOMPLETE', { run, step, offset: done.offset, bytes });
        if ((await done.digest()) !== hash) {
          await end();
          await file.remove();
          throw coded('CSM-SPOOL-DIGEST', { run, step });
        }
        // The mark comes before the blob has its name: a crash in between must not cost the site what it has sent.
        await orEnd(all([done.seal(), file.mark()]).then(() => file.adopt()));
        state = 'finished';
        await letGo();
        return hash;
      }),
    discard: () =>
      next(async () => {
        if (state === 'closed') return;
        await end();
        await file.remove();
      }),
    close: () => next(end),
  };
}
