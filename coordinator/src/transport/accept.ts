import type { CoordinatorHandshake, ProvenSite } from '@consilium/shared/crypto';
import { asCoded, type CodedError, coded } from '@consilium/shared/errors';
import type { Clock } from '@consilium/shared/wire';
import type { Socket } from 'socket.io';

/**
 * Leads a fresh socket through the handshake.
 * @param time `limitMs` from its connection, of which `spentMs` have passed
 * @throws CSM-HANDSHAKE-* when the peer is late, out of turn, or does not prove what it says
 */
export function accept(
  socket: Socket,
  handshake: CoordinatorHandshake,
  time: { readonly clock: Clock; readonly limitMs: number; readonly spentMs: number },
): Promise<ProvenSite> {
  return new Promise((resolve, reject) => {
    let greeted = false;
    const stop = time.clock.after(time.limitMs - time.spentMs, () =>
      refuse(coded('CSM-HANDSHAKE-TIMEOUT', { seconds: time.limitMs / 1000 })),
    );
    function settle(): void {
      stop();
      socket.offAny(receive);
      socket.off('disconnect', leave);
    }
    function refuse(error: CodedError): void {
      settle();
      reject(error);
    }
    function leave(reason: string): void {
      refuse(coded('CSM-HANDSHAKE-CLOSED', { reason }));
    }
    function receive(event: string, message: unknown): void {
      try {
        if (event !== 'handshake') throw coded('CSM-HANDSHAKE-ORDER');
        if (greeted) {
          const proven = handshake.finish(message);
          settle();
          resolve(proven);
        } else {
          greeted = true;
          socket.emit('handshake', handshake.answer(message));
        }
      } catch (thrown) {
        refuse(asCoded(thrown));
      }
    }
    socket.onAny(receive);
    socket.on('disconnect', leave);
  });
}
