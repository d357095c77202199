import type { Clock } from '@consilium/shared/wire';
import type { Socket } from 'socket.io';

export type Connection = Socket['conn'];

/** How long a farewell may take to leave before its connection is cut. */
const farewellMs = 1_000;

/** Ends a connection at once, and forgets what was to be sent on it. */
export function cut(connection: Connection): void {
  connection.close(true);
  connection.request.socket.destroy();
}

/** Ends a connection: the peer may read what waits for it for a moment, and is cut off then, whatever it does. */
export function part(connection: Connection, clock: Clock): void {
  connection.close();
  const line = connection.request.socket;
  if (line.destroyed) return;
  const stay = clock.after(farewellMs, () => cut(connection));
  line.once('close', stay);
}
