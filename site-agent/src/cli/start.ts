import { randomBytes } from 'node:crypto';
import { fingerprint } from '@consilium/shared/crypto';
import { asCoded, fail } from '@consilium/shared/errors';
import { type Log, systemClock } from '@consilium/shared/wire';
import type { Command } from 'commander';
import { startAgent } from '../agent.js';
import {
  type Enrolment,
  keepStanding,
  lockHome,
  makeHome,
  readEnrolment,
  readSettings,
  readStanding,
  realDisk,
  type SiteHome,
  version,
} from '../config/index.js';
import { type Connection, connect } from '../connection/index.js';
import { openEgress, openLedger } from '../governance/index.js';
import { followKeys, openSiteKeys, type SiteKeys } from '../keys/index.js';
import { type CommandContext, homeOf, readPassphrase, wayOut } from './context.js';
import { createLog } from './log.js';

interface StartOptions {
  readonly home?: string;
  readonly passphraseFile?: string;
}

export function addStart(program: Command, context: CommandContext): void {
  program
    .command('start')
    .description('run the agent until it is told to stop')
    .option('--home <dir>', "the agent's own folder")
    .option('--passphrase-file <file>', "first line: the passphrase of the site's key")
    .action((options: StartOptions) => start(options, context));
}

async function start(options: StartOptions, context: CommandContext): Promise<void> {
  const home = homeOf(context, options.home);
  const enrolment = (await readEnrolment(home)) ?? fail('CSM-CLISITE-NOT-ENROLLED', { home: home.folder });
  const settings = await readSettings(home.settings);
  const way = await wayOut(settings);
  await makeHome(home);
  const unlock = await lockHome(home);
  try {
    const passphrase = await readPassphrase(context, { file: options.passphraseFile, fresh: false });
    const keys = await openSiteKeys(home, passphrase);
    const identity = keys.current();
    const ledger = await openLedger(home.ledger, identity, context.now, realDisk, keys.unnoted());
    const log = createLog(context.interactive);
    log.info({ site: enrolment.site, version, fingerprint: fingerprint(identity.publicKey) }, 'agent starts');
    const standing = await readStanding(home);
    const follower = followKeys({ keys, ledger, clock: systemClock, log });
    const connection = connect({
      address: enrolment.address,
      env: context.env,
      ...way,
      identity,
      successor: follower.successor,
      trust: { ...enrolment, ...(standing && { minimumRevision: standing.coordinatorRevision }) },
      instance: randomBytes(8).toString('hex'),
      clock: systemClock,
      log,
      signal: new AbortController().signal,
    });
    watch(connection, home, enrolment, keys, log);
    follower.follow(connection);
    const egress = openEgress(connection, ledger, log, home.left);
    const { now } = context;
    const agent = startAgent({
      ...{ home, settings, enrolment, connection, egress, now, log },
      identity: keys.current,
      clock: systemClock,
    });
    await stopped(context.signal);
    log.info({}, 'agent stops');
    await agent.close();
    await connection.close();
    await follower.close();
    await ledger.close();
  } finally {
    await unlock();
  }
}

/** Keeps what each welcome says, and puts before the people at the site what the coordinator wants them to know. */
function watch(connection: Connection, home: SiteHome, enrolment: Enrolment, keys: SiteKeys, log: Log): void {
  connection.onNotice((error) => log.warn({ code: error.code, details: error.details }, 'notice of the coordinator'));
  let turn: Promise<void> = Promise.resolve();
  connection.onState((state) => {
    if (state.kind !== 'connected') return;
    const { certificate, standing } = state.welcome;
    log.info({ standing }, standing === 'approved' ? 'approved by the lead' : 'waiting for approval by the lead');
    turn = turn
      .then(() =>
        keepStanding(
          home,
          { ...enrolment, publicKey: keys.current().publicKey },
          { certificate, coordinatorRevision: state.coordinator.revision },
        ),
      )
      .catch((thrown: unknown) => {
        const { code, details } = asCoded(thrown);
        log.warn({ code, details }, 'what the coordinator says of this site was not kept');
      });
  });
}

const stopped = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
