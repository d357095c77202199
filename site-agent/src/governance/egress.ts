import { contributionOf, type Step } from '@consilium/shared/contract';
import { asCoded, type CodedError, fail, leaving } from '@consilium/shared/errors';
import {
  type Log,
  maxSmallBlobBytes,
  type SignedManifest,
  type SiteStatus,
  sendable,
  type Verdict,
} from '@consilium/shared/wire';
import { type Connection, fileSource, type Source, type TransferOptions } from '../connection/index.js';
import type { Ledger } from './ledger.js';
import { refuseLeft } from './left-runs.js';

/** What an agent says of itself; the connection adds the rest. Of its error the door lets go what `leaving` does. */
export type OwnStatus = Omit<SiteStatus, 'type' | 'instance' | 'error'> & { readonly error: CodedError | null };

/** A finished contribution and what stands behind it. */
export interface Outbound {
  readonly contribution: SignedManifest;
  readonly path: string;
  readonly step: Step;
  /** Training patients of this site. */
  readonly patients: number;
  /** Fewest that the contract lets train or send statistics. */
  readonly minimumCohort: number;
  /** Bytes of an update of the model that it started from; null before there is one. */
  readonly updateBytes: number | null;
}

/** Lines of statuses that left while the disk took none; with so many owed, no other status leaves. */
const maxOwed = 1_000;

/** The one door for everything that leaves this site. Each thing that passes has a line in the ledger. */
export interface Egress {
  /**
   * Passes in the order of the calls; a line only where run, step, activity or error changed. While the disk is full, which is what
   * a status then says, the line is owed, and written before anything but a status leaves. Of a run that the hospital has left it is
   * said that it has, and nothing else.
   * @param named files and columns that the contract names
   */
  status(status: OwnStatus, named?: ReadonlySet<string>): void;
  /**
   * Sends a contribution and hands it in. Once the hospital has left the run no further piece of it is sent, and it is not handed in.
   * @throws CSM-EGRESS-KIND, CSM-EGRESS-COHORT, CSM-EGRESS-SIZE, CSM-AGENT-LEFT, CSM-AGENT-DISK, and what the connection throws
   */
  release(outbound: Outbound, options?: TransferOptions): Promise<Verdict>;
  /** Resolves when all that was said before has passed. */
  settled(): Promise<void>;
}

/** @param left folder of the runs that the hospital has left: nothing leaves for them */
export function openEgress(
  connection: Pick<Connection, 'sendStatus' | 'upload' | 'submit'>,
  ledger: Ledger,
  log: Log,
  left: string,
): Egress {
  let turn: Promise<void> = Promise.resolve();
  let noted = '';
  const owed: object[] = [];

  async function writeOwed(): Promise<void> {
    for (let [line] = owed; line !== undefined; [line] = owed) {
      await ledger.append('status', line, false);
      owed.shift();
    }
  }

  async function pass(given: OwnStatus, named: ReadonlySet<string> | undefined): Promise<void> {
    const said = await unlessLeft(given, left);
    const status = { ...said, error: said.error && sendable(leaving(said.error, named)) };
    const { run, step, activity, error } = status;
    const line = { run, step, activity, error: error?.code ?? null, ...(error && { details: error.details }) };
    const text = JSON.stringify(line);
    const isNews = text !== noted;
    if (isNews) owed.push(line);
    try {
      await writeOwed();
    } catch (thrown) {
      if (asCoded(thrown).code !== 'CSM-AGENT-DISK' || owed.length > maxOwed) {
        if (isNews) owed.pop();
        throw thrown;
      }
      log.warn({ code: 'CSM-AGENT-DISK', owed: owed.length }, 'the ledger cannot be written now');
    }
    noted = text;
    connection.sendStatus(status);
  }

  return {
    status(status, named) {
      turn = turn
        .then(() => pass(status, named))
        .catch((thrown: unknown) => {
          log.error({ code: asCoded(thrown).code }, 'a status did not leave: the ledger cannot be written');
        });
    },
    async release(outbound, options = {}) {
      check(outbound);
      const { contribution, path } = outbound;
      const { run, step, kind, hash, bytes, samples } = contribution.manifest;
      const allow = () => refuseLeft(left, run);
      await allow();
      const lines = turn.then(writeOwed);
      turn = lines.catch(() => {});
      await lines;
      await ledger.append(kind, { run, step, hash, bytes, samples }, true);
      const source = await fileSource(path);
      try {
        await connection.upload({ run, step, hash }, pieceByPiece(source, allow), options);
      } finally {
        await source.close();
      }
      // A blob that nobody hands in counts for nothing.
      await allow();
      const { signal } = options;
      return unlessAborted(connection.submit(contribution, { allow, ...(signal && { signal }) }), signal);
    },
    settled() {
      turn = turn.then(writeOwed).catch(() => {});
      return turn;
    },
  };
}

/** What may be said of a run: of one that was left, or may have been, only that. */
async function unlessLeft(status: OwnStatus, left: string): Promise<OwnStatus> {
  if (status.run === null) return status;
  try {
    await refuseLeft(left, status.run);
    return status;
  } catch (thrown) {
    const error = asCoded(thrown);
    return { ...status, activity: error.code === 'CSM-AGENT-LEFT' ? 'declined' : 'troubled', progress: null, error };
  }
}

/** A file of which each piece asks before it leaves. */
const pieceByPiece = (file: Source, allow: () => Promise<void>): Source => ({
  bytes: file.bytes,
  async read(offset, length) {
    await allow();
    return file.read(offset, length);
  },
});

/** A verdict may never come, when the run has moved on: who waits must be able to leave. */
function unlessAborted<Result>(promise: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason);
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}

function check({ contribution, step, patients, minimumCohort, updateBytes }: Outbound): void {
  const { manifest } = contribution;
  const expected = contributionOf(step);
  if (manifest.kind !== expected) {
    fail('CSM-EGRESS-KIND', { kind: manifest.kind, step: manifest.step, expected: expected ?? 'nothing' });
  }
  if (manifest.kind !== 'report' && patients < minimumCohort) {
    fail('CSM-EGRESS-COHORT', { step: manifest.step, minimum: minimumCohort });
  }
  const limit = manifest.kind === 'update' ? (updateBytes ?? 0) : maxSmallBlobBytes;
  if (manifest.bytes > limit) fail('CSM-EGRESS-SIZE', { bytes: manifest.bytes, step: manifest.step, limit });
}
