import type { Connection, ConnectionState } from '../connection/index.js';

/** The first connected state; the reason when the first try ends without one. */
export function firstWord(
  onState: Connection['onState'],
  signal: AbortSignal,
): Promise<Extract<ConnectionState, { kind: 'connected' }>> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    onState((state) => {
      if (state.kind === 'connected') resolve(state);
      else if (state.kind === 'waiting') reject(state.error);
    });
  });
}
