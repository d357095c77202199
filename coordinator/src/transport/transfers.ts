import type { TransferFrame } from '@consilium/shared/crypto';
import { type CodedError, coded, fail } from '@consilium/shared/errors';
import { maxSiteTransfers, type Open, sendable } from '@consilium/shared/wire';
import { type DownloadServices, serveDownload } from './downloads.js';
import type { Transfer, TransferLine } from './transfer.js';
import { receiveUpload, type UploadServices } from './uploads.js';

/** All transfers of one session, by the numbers that the site gave them. */
export interface Transfers {
  /** @throws CSM-WIRE-MALFORMED when the number is not greater than all before */
  open(request: Open): void;
  /** The transfer of that number. What comes late for one that has ended is null. @throws CSM-WIRE-MALFORMED for a number never opened */
  find(transfer: number): Transfer | null;
  /** @returns false when the transfer of the frame has ended: nobody takes it. @throws CSM-WIRE-MALFORMED for a number never opened */
  frame(frame: TransferFrame): boolean;
  count(): { readonly uploads: number; readonly downloads: number };
  /** Ends them all without a word. Resolves when nothing is left of them. */
  end(reason: CodedError): Promise<void>;
}

export function createTransfers(line: TransferLine, services: UploadServices & DownloadServices): Transfers {
  const running = new Map<number, Transfer>();
  const uploads = new Set<number>();
  let newest = -1;

  function find(transfer: number): Transfer | null {
    if (transfer > newest) fail('CSM-WIRE-MALFORMED', { path: 'transfer' });
    return running.get(transfer) ?? null;
  }

  return {
    find,
    open(request) {
      const { transfer, direction } = request;
      if (transfer <= newest) fail('CSM-WIRE-MALFORMED', { path: 'transfer' });
      newest = transfer;
      if (running.size >= maxSiteTransfers) {
        const error = sendable(coded('CSM-TRANSFER-LIMIT', { limit: maxSiteTransfers }));
        line.send({ type: 'abort', transfer, error });
        return;
      }
      const start = direction === 'upload' ? receiveUpload : serveDownload;
      const opened = start(request, line, services);
      running.set(transfer, opened);
      if (direction === 'upload') uploads.add(transfer);
      void opened.ended.then(() => {
        running.delete(transfer);
        uploads.delete(transfer);
      });
    },
    frame(frame) {
      const meant = find(frame.transfer);
      meant?.frame(frame);
      return meant !== null;
    },
    count: () => ({ uploads: uploads.size, downloads: running.size - uploads.size }),
    async end() {
      const all = [...running.values()];
      for (const one of all) one.stop(null);
      await Promise.all(all.map((one) => one.ended));
    },
  };
}
