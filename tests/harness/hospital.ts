import { randomBytes } from 'node:crypto';
import { createIdentity, type Identity, parseEnrolmentCode } from '@consilium/shared/crypto';
import type { SiteId } from '@consilium/shared/ids';
import { type Clock, type Log, silentLog, systemClock } from '@consilium/shared/wire';
import { type Disk, makeHome, realDisk, type SiteHome, type SiteSettings } from '@consilium/site-agent/config';
import { type Connection, connect } from '@consilium/site-agent/connection';
import { openEgress, openLedger } from '@consilium/site-agent/governance';
import type { Trainer, TrainerOptions } from '@consilium/site-agent/trainer';
import { startAgent } from '../../site-agent/src/agent.js';

export interface HospitalOptions {
  readonly site: SiteId;
  readonly code: string;
  readonly home: SiteHome;
  readonly trainer: (options: TrainerOptions) => Trainer;
  readonly identity?: Identity;
  readonly disk?: Disk;
  readonly log?: Log;
  /** The agent's; its connection has the machine's own. */
  readonly clock?: Clock;
  /** What stands between the agent and its connection. */
  readonly between?: (connection: Connection) => Connection;
}

/** The site's agent as it is, with its own files and connection, in this process; a test's trainer stands in for the child that trains. */
export interface Hospital {
  readonly identity: Identity;
  readonly connection: Connection;
  close(): Promise<void>;
}

const settings: SiteSettings = { data: { directory: '/nowhere', synthetic: true }, backend: 'wasm', device: 'any' };
const backoff = { baseMs: 20, capMs: 200 };

export async function openHospital(options: HospitalOptions): Promise<Hospital> {
  const { site, code, home, trainer, disk = realDisk, log = silentLog, between = (own) => own } = options;
  const { clock = systemClock } = options;
  const identity = options.identity ?? createIdentity();
  const { address, lead, consortium, secret } = parseEnrolmentCode(code);
  const now = () => new Date();
  await makeHome(home);
  const ledger = await openLedger(home.ledger, identity, now, disk);
  const stop = new AbortController();
  const direct = connect({
    ...{ address, identity, secret, clock: systemClock, log, backoff, signal: stop.signal },
    trust: { lead, consortium, site },
    instance: randomBytes(8).toString('hex'),
  });
  const connection = between(direct);
  const enrolment = { address, lead, consortium, site };
  const egress = openEgress(connection, ledger, log, home.left);
  const agent = startAgent({
    ...{
      home,
      settings,
      enrolment,
      identity: () => identity,
      connection,
      egress,
      clock,
      now,
      log,
      disk,
      backoff,
      trainer,
    },
  });
  return {
    identity,
    connection: direct,
    async close() {
      stop.abort();
      await agent.close();
      await direct.close();
      await ledger.close();
    },
  };
}
