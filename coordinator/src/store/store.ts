import type { BlobHash } from '@consilium/shared/ids';
import type { JournalHead, JournalRecord } from '@consilium/shared/journal';
import type { Kysely, Transaction } from 'kysely';
import type { Tables } from './tables/index.js';

/** What read queries take: the store, or a transaction of it. */
export type Queries = Kysely<Tables>;

/** What changes take: only a transaction. It ends with the function that it was given to. */
export type Tx = Transaction<Tables>;

/** The journals and what is projected from them. */
export interface Store {
  /**
   * Appends records to a chain together with their projections: all or nothing, on the disk when it resolves.
   * @param expectedHead hash of the newest record that the caller knows; null for a new chain
   * @param project writes the projections; when it throws, nothing is appended
   * @throws CSM-STORE-STALE-HEAD, CSM-STORE-NO-SPACE
   * @throws TypeError when the records do not follow each other: a fault of the program
   */
  append(
    chain: string,
    expectedHead: BlobHash | null,
    records: readonly JournalRecord[],
    project: (tx: Tx) => Promise<void>,
  ): Promise<void>;
  /** Newest record of a chain; null when it has none. */
  head(chain: string): Promise<JournalHead | null>;
  /** A chain's records in order, from a sequence number on. Read in pages: the store can be used in between. */
  records(chain: string, from?: number): AsyncIterable<JournalRecord>;
  /** Names of all chains, sorted. */
  chains(): Promise<readonly string[]>;
  /** Reads projections as they stand at one moment. */
  read<Result>(query: (db: Queries) => Promise<Result>): Promise<Result>;
  /** Changes that no journal tells of (users, sessions, nonces, settings): all or nothing. */
  write<Result>(change: (tx: Tx) => Promise<Result>): Promise<Result>;
  /** Finishes what is under way and closes. */
  close(): Promise<void>;
}
