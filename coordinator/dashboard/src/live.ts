import type { LiveRun, LiveState } from '@consilium/coordinator/api';
import { type CodedError, fromWire, type WireError } from '@consilium/shared/errors';
import { io } from 'socket.io-client';
import { faultOf, get } from './call.js';

/** What the page shows of a coordinator as a whole. */
export type Overview = Extract<LiveState, { kind: 'overview' }>;

/** The newest state that arrived, and whether more would arrive now. */
export interface Seen<Value> {
  /** Null before the first arrival. */
  readonly value: Value | null;
  readonly line: 'connecting' | 'live' | 'reconnecting';
  /** When `value` arrived, in milliseconds of this machine. */
  readonly atMs: number | null;
  /** Why nothing more will arrive: signed out, no such run. */
  readonly fault: CodedError | null;
}

export type Show<Value> = (seen: Seen<Value>) => void;
export type Watch<Value> = (show: Show<Value>) => () => void;

const soonestAgainMs = 500;
const latestAgainMs = 4_000;

/** Follows the lists of runs and sites until the returned function is called. */
export const watchOverview: Watch<Overview> = (show) =>
  follow(null, show, (state) => (state.kind === 'overview' ? state : null));

/** Follows one run until the returned function is called. */
export const watchRun =
  (run: string): Watch<LiveRun> =>
  (show) =>
    follow(run, show, (state) => (state.kind === 'run' ? state.run : null));

/**
 * Follows something by websocket. Every message is the whole newest state: what arrives replaces what was there, so
 * nothing depends on what was missed, and after each break of the line the first message is the truth.
 */
function follow<Value>(run: string | null, show: Show<Value>, read: (state: LiveState) => Value | null): () => void {
  let seen: Seen<Value> = { value: null, line: 'connecting', atMs: null, fault: null };
  let ended = false;
  const update = (change: Partial<Seen<Value>>): void => {
    if (ended) return;
    seen = { ...seen, ...change };
    show(seen);
  };
  const socket = io('/page', {
    path: '/live/',
    transports: ['websocket'],
    auth: { run },
    reconnectionDelay: soonestAgainMs,
    reconnectionDelayMax: latestAgainMs,
    forceNew: true,
  });
  socket.on('connect', () => update({ line: 'live', fault: null }));
  socket.on('state', (state: LiveState, taken: () => void) => {
    const value = read(state);
    if (value !== null) update({ value, line: 'live', atMs: Date.now(), fault: null });
    taken();
  });
  socket.on('refused', ({ error }: { readonly error: WireError }) => update({ fault: fromWire(error) }));
  const down = (): void => {
    update({ line: seen.value === null ? 'connecting' : 'reconnecting' });
    void signedOut().then((fault) => {
      if (fault !== null) update({ fault });
    });
  };
  socket.on('disconnect', () => {
    down();
    // A server that hangs up on purpose is not dialled again by itself.
    if (!ended && !socket.active) socket.connect();
  });
  socket.on('connect_error', down);
  return () => {
    ended = true;
    socket.disconnect();
  };
}

/** Whether the line is down because the session has ended, which a websocket's refusal does not tell. */
async function signedOut(): Promise<CodedError | null> {
  try {
    await get('api/me');
    return null;
  } catch (thrown) {
    const fault = faultOf(thrown);
    return fault.code === 'CSM-API-SIGNED-OUT' ? fault : null;
  }
}
