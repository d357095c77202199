import { fingerprint } from '@consilium/shared/crypto';
import { asCoded } from '@consilium/shared/errors';
import type { PublicKey } from '@consilium/shared/ids';
import type { Clock, Log } from '@consilium/shared/wire';
import type { Connection, Successor } from '../connection/index.js';
import type { Ledger } from '../governance/index.js';
import type { SiteKeys } from './site-keys.js';

/** How often a running agent looks whether `rekey` has made a key. */
const lookMs = 2_000;

export interface KeyFollower {
  /** What the connection asks for a key when the coordinator says that the present one was replaced. */
  readonly successor: Successor;
  /** Hands changes of the key in, by a connection that was given `successor`. */
  follow(connection: Pick<Connection, 'sendRekey'>): void;
  /** Resolves when a change under way is on the disk. */
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

  const inTurn = (work: () => Promise<void>, trouble: string): void => {
    turn = turn.then(work).catch((thrown: unknown) => {
      const { code, details } = asCoded(thrown);
      log.warn({ code, details }, trouble);
    });
  };

  async function note(): Promise<void> {
    const change = keys.unnoted();
    if (change === null) return;
    await ledger.rekey(keys.current(), change);
    await keys.noted();
  }

  inTurn(note, 'the change of the key is not in the ledger');
  return {
    successor: {
      next: () => keys.next()?.identity ?? null,
      adopted() {
        // The present key is another one when this returns; disk and ledger follow.
        const onDisk = keys.adopt();
        log.info({ fingerprint: fingerprint(keys.current().publicKey) }, 'the lead has certified the new key');
        inTurn(async () => {
          await onDisk;
          await note();
        }, 'the new key is not in its place on the disk');
      },
    },
    follow(connection) {
      let handedIn: PublicKey | null = null;
      const handIn = async (): Promise<void> => {
        const found = await keys.look();
        if (found === null || found.identity.publicKey === handedIn) return;
        handedIn = found.identity.publicKey;
        connection.sendRekey(found.change);
        log.info({ fingerprint: fingerprint(handedIn) }, 'a new key waits for the lead');
      };
      const look = (): void => {
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
