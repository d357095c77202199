import type { TransferFrame } from '@consilium/shared/crypto';
import type { CodedError } from '@consilium/shared/errors';
import type { SiteId } from '@consilium/shared/ids';
import { type CoordinatorMessage, frameBytes } from '@consilium/shared/wire';

/** The session that a transfer belongs to, as the transfer sees it. */
export interface TransferLine {
  readonly site: SiteId;
  send(message: CoordinatorMessage): void;
  sendFrame(frame: TransferFrame): void;
}

/** Told when a transfer fails by a fault of this machine: its operator must know, not the site alone. */
export type OnOwnFault = (site: SiteId, error: CodedError) => void;

const ownFault = /^CSM-(?:BLOB|INTERNAL)/;

/** Whether a fault is this machine's, not the site's. */
export const isOwnFault = ({ code }: CodedError): boolean => ownFault.test(code);

/** Whether a piece of a blob may end here: at a multiple of `frameBytes`, or with the blob. */
export const isFrameEnd = (offset: number, bytes: number): boolean => offset % frameBytes === 0 || offset === bytes;

/** One transfer that waits or runs. What does not fit its direction or its state ends it with a coded abort. */
export interface Transfer {
  /** Takes a frame, bytes and all. */
  frame(frame: TransferFrame): void;
  ack(offset: number): void;
  commit(): void;
  /** Ends the transfer; with an error the site is told. Does nothing the second time. */
  stop(error: CodedError | null): void;
  /** Resolves when nothing of the transfer is left: no write under way, no file open. */
  readonly ended: Promise<void>;
}
