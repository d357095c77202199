import { fingerprint } from '@consilium/shared/crypto';
import { asCoded } from '@consilium/shared/errors';
import type { PublicKey } from '@consilium/shared/ids';
import type { Clock, Log } from '@consilium/shared/wire';
import type { Connection, Successor } from '../connection/index.js';
import type { Ledger } from '../governance/index.js';
import type { SiteKeys } from './site-keys.js';

/** How often a running agent looks whether `rekey` has made a key, and goes on with what a full disk kept it from. */
const lookMs = 2_000;
/** How often a key that waits is handed in again: the coordinator may have had no room for it, or the lead no word yet for the site. */
const askAgainMs = 60_000;

export interface KeyFollower {
  /** What the connection asks for a key when the coordinator says that the present one was replaced. */
  readonly successor: Successor;
  /** Hands changes of the key in, by a connection that was given `successor`. */
  follow(connection: Pick<Connection, 'sendRekey'>): void;
  /** Resolves when a change under way is on the disk, as far as that takes it. */
  close(): Promise<void>;
}

/** Takes an agent from one key to the next while it works. Level-triggered: what lies in the site's folder says how far it came. */
export function followKeys(options: {
  readonly keys: SiteKeys;
  readonly ledger: Pick<Ledger, 'rekey'>;
  readonly clock: Clock;
  readonly log: Log;
}): KeyFollower {
  const { keys, ledger, clock, log } = options;
  let stopLooking = () => {};
  let isOver = false;
  let turn: Promise<void> = Promise.resolve();
  /** Troubles that last, by what they are: each is told once. */
  const told = new Map<string, string>();

  const inTurn = (work: () => Promise<void>, trouble: string): void => {
    turn = turn.then(work).then(
      () => void told.delete(trouble),
      (thrown: unknown) => {
        const { code, details } = asCoded(thrown);
        if (told.get(trouble) !== code) log.warn({ code, details }, trouble);
        told.set(trouble, code);
      },
    );
  };

  /** Brings disk and ledger to the current key: the key first, since a ledger that it has signed opens to no other. */
  const settle = (): void =>
    inTurn(async () => {
      await keys.keep();
      const change = keys.unnoted();
      if (change === null) return;
      await ledger.rekey(keys.current(), change);
      await keys.noted();
    }, 'the new key is not in its place on the disk, or not in the ledger');

  settle();
  return {
    successor: {
      next: () => keys.next()?.identity ?? null,
      adopted({ publicKey }) {
        // The present key is another one when this returns; disk and ledger follow.
        keys.adopt(publicKey);
        log.info({ fingerprint: fingerprint(publicKey) }, 'the lead has certified the new key');
        settle();
      },
    },
    follow(connection) {
      let handedIn: { readonly key: PublicKey; readonly atMs: number } | null = null;
      const handIn = async (): Promise<void> => {
        const found = await keys.look();
        if (found === null) return;
        const key = found.identity.publicKey;
        const isNew = handedIn?.key !== key;
        if (handedIn !== null && !isNew && clock.now() - handedIn.atMs < askAgainMs) return;
        handedIn = { key, atMs: clock.now() };
        connection.sendRekey(found.change);
        if (isNew) log.info({ fingerprint: fingerprint(key) }, 'a new key waits for the lead');
      };
      const look = (): void => {
        settle();
        inTurn(handIn, 'a new key cannot be read');
        if (!isOver) stopLooking = clock.after(lookMs, look);
      };
      look();
    },
    async close() {
      isOver = true;
      stopLooking();
      await turn;
    },
  };
}
