import type { RunFile } from '@consilium/shared/contract';
import type { ConsortiumId, PublicKey, SiteId } from '@consilium/shared/ids';
import type { Runs } from '../conduct/view.js';
import type { OwnKey } from '../home/index.js';
import type { Metrics } from '../monitoring/index.js';
import type { Sites } from '../sites/index.js';
import type { ApiRecords } from './stored.js';

/** What the API tells of itself; never more than the class of a fault and the path of a call. */
export interface ApiLog {
  readonly info: (facts: Readonly<Record<string, unknown>>, message: string) => void;
  readonly error: (facts: Readonly<Record<string, unknown>>, message: string) => void;
}

export interface ApiOptions {
  readonly runs: Runs;
  readonly sites: Sites;
  /** The coordinator's key, and the one that is to follow it. */
  readonly own: Pick<OwnKey, 'current' | 'next'>;
  readonly settings: {
    readonly version: string;
    readonly consortium: ConsortiumId;
    readonly lead: PublicKey;
    /** Address under which people and sites reach the coordinator, without a slash at its end. */
    readonly address: () => string;
    /** Served by TLS, here or by the proxy before it. */
    readonly secure: boolean;
    /** The nearest proxy's X-Forwarded-For is believed. */
    readonly behindProxy: boolean;
    /** Opens `/metrics`; null: only callers on this very machine may read it, and behind a proxy nobody. */
    readonly metricsToken: string | null;
  };
  readonly records: ApiRecords;
  /** What the models warn of in a run file. @throws what they refuse */
  readonly checkModel: (run: RunFile, signal: AbortSignal) => Promise<readonly string[]>;
  /** What a monitoring system reads. */
  readonly metrics: Metrics;
  /** Whether a site has a live session now. */
  readonly connected: (site: SiteId) => boolean;
  readonly storeWritable: () => Promise<boolean>;
  readonly now: () => Date;
  readonly random: (bytes: number) => Uint8Array;
  readonly log: ApiLog;
}
