import { randomBytes } from 'node:crypto';
import { silentLog, systemClock } from '@consilium/shared/wire';
import { type Connection, type ConnectionState, type ConnectOptions, connect } from '../connection/index.js';
import type { CommandContext } from './context.js';

type Connected = Extract<ConnectionState, { kind: 'connected' }>;

/**
 * Connects as the agent would, until the coordinator has welcomed the key, or refuses with a reason; then lets go.
 * @throws what the first try ends with, the signal's reason
 */
export async function firstWord(
  options: Pick<ConnectOptions, 'address' | 'proxy' | 'ca' | 'identity' | 'trust' | 'secret'>,
  { env, signal }: Pick<CommandContext, 'env' | 'signal'>,
): Promise<Connected> {
  const instance = randomBytes(8).toString('hex');
  const connection = connect({ ...options, env, instance, clock: systemClock, log: silentLog, signal });
  try {
    return await connected(connection.onState, signal);
  } finally {
    await connection.close();
  }
}

/** The first connected state; the reason when the first try ends without one. */
const connected = (onState: Connection['onState'], signal: AbortSignal): Promise<Connected> =>
  new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    onState((state) => {
      if (state.kind === 'connected') resolve(state);
      else if (state.kind === 'waiting') reject(state.error);
    });
  });
