import type { TransferFrame } from '@consilium/shared/crypto';
import type { CodedError } from '@consilium/shared/errors';
import type { SiteId } from '@consilium/shared/ids';
import type { CoordinatorMessage } from '@consilium/shared/wire';

/** The session that a transfer belongs to, as the transfer sees it. */
export interface TransferLine {
  readonly site: SiteId;
  send(message: CoordinatorMessage): void;
  sendFrame(frame: TransferFrame): void;
}

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
