import { type Clock, handshakeMs, maxHandshakeBytes, maxUnproven } from '@consilium/shared/wire';
import { type Connection, cut, part } from './farewell.js';

/** Connections whose peers have not proven who they are: so many at most, for a short time, and each says little. */
export interface Strangers {
  /** Takes in a fresh connection; one too many is cut. */
  meet(connection: Connection): void;
  /** Its handshake begins, which has an end of its own. @returns milliseconds since it was met */
  greet(connection: Connection): number;
  /** Its peer is no stranger any more. */
  know(connection: Connection): void;
  count(): number;
}

/** What opens any other namespace than the one that there is. Each try would be answered. */
const opensNamespace = (data: string | Uint8Array): boolean => typeof data === 'string' && data.startsWith('0/');

export function createStrangers(clock: Clock): Strangers {
  const met = new Map<Connection, { readonly atMs: number; readonly forgive: () => void }>();

  function forget(connection: Connection): void {
    met.get(connection)?.forgive();
    met.delete(connection);
  }

  return {
    meet(connection) {
      if (met.size >= maxUnproven) {
        cut(connection);
        return;
      }
      let said = 0;
      met.set(connection, { atMs: clock.now(), forgive: clock.after(handshakeMs, () => cut(connection)) });
      connection.on('data', (data: string | Uint8Array) => {
        if (met.has(connection)) said += data.length;
        if (said > maxHandshakeBytes || opensNamespace(data)) cut(connection);
      });
      connection.once('close', () => part(connection, clock));
      connection.request.socket.once('close', () => forget(connection));
    },
    greet(connection) {
      const { atMs, forgive } = met.get(connection) ?? { atMs: clock.now(), forgive() {} };
      forgive();
      return clock.now() - atMs;
    },
    know: forget,
    count: () => met.size,
  };
}
