import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { coded } from '@consilium/shared/errors';
import type { RunId } from '@consilium/shared/ids';
import type { RunView } from '../conduct/index.js';
import type { RehearsalSite } from './cast.js';
import { type Company, openCompany } from './company.js';
import type { Processes, Running } from './processes.js';
import type { Stage } from './stage.js';
import { type Summary, summaryOf } from './summary.js';

const lookMs = 200;

export interface RehearsalOptions {
  readonly runFile: string;
  readonly sites: (processes: Processes) => Promise<readonly RehearsalSite[]>;
  /** Folder for everything that the rehearsal makes. */
  readonly out: string;
  /** Keeps the homes of coordinator, lead and sites, too, and not only the reports and the export. */
  readonly keep: boolean;
  readonly backend: string;
  readonly device?: string;
  /** The patients are invented; every report says so. */
  readonly synthetic: boolean;
  readonly stage: Stage;
  /** Somebody wants to look at the coordinator's page; left out where nobody does. */
  readonly audience?: Audience;
  readonly signal: AbortSignal;
}

export interface Audience {
  /** @param link makes the page's first user, once */
  readonly invited: (link: string) => void;
  /** The coordinator stays until this resolves. */
  readonly gone: (summary: Summary) => Promise<void>;
}

/**
 * A run on this machine from the lead's key to the final reports: a real coordinator and real agents, each a process of
 * its own, with real keys, codes and approvals, talking over loopback. Leaves no process behind.
 * @throws CSM-REHEARSE-*, and what the commands and the run itself throw
 */
export async function rehearse(options: RehearsalOptions): Promise<Summary> {
  const { out } = options;
  const started = performance.now();
  const backstage = join(out, 'backstage');
  try {
    const company = await openCompany({
      ...options,
      backstage,
      logs: join(out, 'logs'),
      say: (line) => options.stage.say(line),
    });
    try {
      return await play(company, options, started);
    } finally {
      await company.close();
    }
  } finally {
    if (!options.keep) await rm(backstage, { recursive: true, force: true });
  }
}

async function play(company: Company, options: RehearsalOptions, started: number): Promise<Summary> {
  const { out, stage, audience, signal } = options;
  signal.throwIfAborted();
  audience?.invited(company.page);
  const names = await company.lead.sites();
  const run = await company.lead.launch(options.runFile, (line) => stage.say(line));
  const agents = names.map((site) => company.agent(site));
  const view = await Promise.race([follow(company, run, stage, signal), deserted(company, run, agents, signal)]);
  stage.end(view);

  if (view.model !== null && view.outcome !== 'failed') {
    await company.lead.export(run, join(out, 'export'));
  }
  const homes = new Map(names.map((site) => [site, company.homeOf(site)]));
  const wallSeconds = (performance.now() - started) / 1000;
  const summary = await summaryOf(view, { out, homes, wallSeconds });
  await audience?.gone(summary);
  return summary;
}

/** Shows the run until it is closed. */
async function follow({ lead }: Company, run: RunId, stage: Stage, signal: AbortSignal): Promise<RunView> {
  for (;;) {
    const view = await lead.view(run);
    stage.show(view);
    if (view.phase === 'closed') return view;
    await new Promise((resolve) => setTimeout(resolve, lookMs));
    signal.throwIfAborted();
  }
}

/** An agent that ends during a run ends the rehearsal: its log says why. */
async function deserted(
  { lead }: Company,
  run: RunId,
  agents: readonly Running[],
  signal: AbortSignal,
): Promise<never> {
  const gone = await Promise.race(agents.map(async ({ name, ended }) => ({ name, status: await ended })));
  signal.throwIfAborted();
  await lead.command(run, 'stop').catch(() => {});
  const status = gone.status ?? 'a signal';
  throw coded('CSM-REHEARSE-AGENT', { site: gone.name, status, log: `logs/${gone.name}.log` });
}
