import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fail } from '@consilium/shared/errors';
import type { SiteId } from '@consilium/shared/ids';
import { adoptCommand } from '../cli/adopt.js';
import { approveCommand } from '../cli/approve.js';
import { initCommand } from '../cli/init.js';
import { inviteCommand } from '../cli/invite.js';
import type { RehearsalSite } from './cast.js';
import { type LeadDesk, leadDesk } from './lead-desk.js';
import { consiliumProgram, openProcesses, type Processes, type Running } from './processes.js';

const passphraseBytes = 24;
const fingerprintPattern = /\b[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}\b/;

/** A whole consortium on one machine: each part a process of its own, with its own folder and keys, over loopback. */
export interface Company {
  readonly lead: LeadDesk;
  readonly processes: Processes;
  readonly address: string;
  /** The link that makes the page's first user, once. */
  readonly page: string;
  homeOf(site: SiteId): string;
  coordinator(): Running;
  agent(site: SiteId): Running;
  /** Starts the coordinator again on its folder and port, after it was stopped or killed. */
  startCoordinator(): Promise<Running>;
  startAgent(site: SiteId): Running;
  /** Ends every process. */
  close(): Promise<void>;
}

export interface CompanyOptions {
  /** Folder for the homes of all. */
  readonly backstage: string;
  readonly logs: string;
  readonly sites: (processes: Processes) => Promise<readonly RehearsalSite[]>;
  readonly backend: string;
  /** What the backend must run on, as in site.yaml. */
  readonly device?: string;
  /** The patients are invented; every report says so. */
  readonly synthetic: boolean;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/**
 * The lead makes a key, the operator starts a coordinator for it, the lead adopts it; then each site gets a code, enrols
 * with it, reads out its fingerprint, is approved, and starts its agent.
 * @throws CSM-REHEARSE-*, and what the commands throw
 */
export async function openCompany(options: CompanyOptions): Promise<Company> {
  const { backstage, logs, sites, backend, device = 'any', synthetic, say, signal } = options;
  const processes = openProcesses(logs);
  const cast = await sites(processes);
  // Nothing is made before it is known who plays.
  for (const folder of [backstage, logs]) await mkdir(folder, { recursive: true, mode: 0o700 });
  const leave = () => void processes.close();
  signal.addEventListener('abort', leave, { once: true });
  const passphrase = randomBytes(passphraseBytes).toString('base64url');
  const secret = { CONSILIUM_PASSPHRASE: passphrase };
  const lead = leadDesk(join(backstage, 'lead'), passphrase, signal);
  const homeOf = (site: SiteId): string => join(backstage, 'sites', site);
  const agents = new Map<SiteId, Running>();
  try {
    signal.throwIfAborted();
    say('Starting the coordinator');
    const printed = (await lead.type(initCommand)).join('\n');
    const leadKey = found(/--lead ([A-Za-z0-9_-]{43})/, printed, 'init');

    const launch = (port: string): Running =>
      processes.start(
        'coordinator',
        [
          ...consiliumProgram,
          ...['coordinator', 'start', '--home', join(backstage, 'coordinator')],
          ...['--lead', leadKey, '--port', port],
        ],
        secret,
      );
    let coordinator = launch('0');
    const [, address = ''] = await coordinator.line(/^Coordinator\s+(\S+)$/m);
    const [, fingerprint = ''] = await coordinator.line(/^Fingerprint\s+(\S+)$/m);
    const [, page = ''] = await coordinator.line(/^First page user \(once\)\s+(\S+)$/m);
    await lead.type(adoptCommand, address, '--fingerprint', fingerprint);

    // Agents that each took all processors would wait for one another.
    const threads = String(Math.max(1, Math.floor(availableParallelism() / cast.length)));
    const enrol = async ({ site, directory, row }: RehearsalSite): Promise<void> => {
      const [code = ''] = await lead.type(inviteCommand, site);
      const only = row === null ? [] : ['--row', `${row.column}=${row.value}`];
      const said = await processes.output(
        `enrolment of ${site}`,
        [
          ...['consilium-site', 'enrol', code, '--home', homeOf(site), '--data', directory, '--backend', backend],
          ...['--device', device, '--threads', threads],
          ...only,
          ...(synthetic ? ['--synthetic'] : []),
        ],
        secret,
      );
      await lead.type(approveCommand, site, '--fingerprint', found(fingerprintPattern, said, `enrolment of ${site}`));
    };
    const startAgent = (site: SiteId): Running => {
      const agent = processes.start(site, ['consilium-site', 'start', '--home', homeOf(site)], secret);
      agents.set(site, agent);
      return agent;
    };

    say(`Enrolling ${cast.length} sites`);
    await Promise.all(cast.map(enrol));
    for (const { site } of cast) startAgent(site);

    return {
      lead,
      processes,
      address,
      page,
      homeOf,
      coordinator: () => coordinator,
      agent: (site) => agents.get(site) ?? fail('CSM-SITE-UNKNOWN', { site }),
      async startCoordinator() {
        coordinator = launch(new URL(address).port);
        await coordinator.line(/^Coordinator\s+(\S+)$/m);
        return coordinator;
      },
      startAgent,
      async close() {
        signal.removeEventListener('abort', leave);
        await lead.close();
        await processes.close();
      },
    };
  } catch (thrown) {
    signal.removeEventListener('abort', leave);
    await lead.close();
    await processes.close();
    throw thrown;
  }
}

const found = (pattern: RegExp, text: string, name: string): string => {
  const match = pattern.exec(text);
  return match?.[1] ?? match?.[0] ?? fail('CSM-REHEARSE-PROCESS', { name, status: 0, said: 'not what was expected' });
};
