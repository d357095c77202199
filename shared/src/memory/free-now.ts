import { MessageChannel } from 'node:worker_threads';

/** Less than this the collector frees as quickly. */
const worthwhileBytes = 2 ** 15;

/** A port that leads nowhere: what is transferred to it is gone at once. */
const nowhere = closedPort();

/**
 * Frees bytes that nobody reads again, without waiting for the collector. Megabytes that wait for it cost more than what is
 * done with them: fresh memory is faulted in page by page, and every 64 MiB of it make the engine mark its whole heap.
 *
 * The array is empty afterwards, as are all others over the same memory. Small ones are left alone, and views of a part, since the
 * rest may be in use.
 * Never call it while the system reads or writes the bytes. What was handed to a socket is never freed so: only the socket knows when
 * it is done, and the other end's acknowledgement proves nothing.
 */
export function freeNow(bytes: Uint8Array): void {
  const { buffer } = bytes;
  if (!(buffer instanceof ArrayBuffer) || bytes.length < worthwhileBytes || bytes.length !== buffer.byteLength) return;
  nowhere.postMessage(null, [buffer]);
}

function closedPort() {
  const { port1, port2 } = new MessageChannel();
  port1.close();
  port2.close();
  return port1;
}
