import { randomBytes } from 'node:crypto';
import { type RunId, runId, type SiteId } from '@consilium/shared/ids';
import type { Command } from 'commander';
import { getRun, listSites, postCommand } from '../api/calls.js';
import type { LeadClient } from '../cli/client.js';
import { openClient } from '../cli/client.js';
import type { CommandContext } from '../cli/context.js';
import { exportCommand } from '../cli/export.js';
import { launchCommand } from '../cli/launch.js';
import { openLead } from '../cli/session.js';
import type { LeadCommand, RunView } from '../conduct/index.js';

/** A lead who types: the commands of the lead's own command line, run here. */
export interface LeadDesk {
  /** Types a command and gives the lines that it printed. */
  type(command: (context: CommandContext) => Command, ...words: readonly string[]): Promise<readonly string[]>;
  /** @param say is told what the model's family warns of, and what the run starts from */
  launch(runFile: string, say: (line: string) => void): Promise<RunId>;
  view(run: RunId, signal?: AbortSignal): Promise<RunView>;
  sites(): Promise<readonly SiteId[]>;
  command(run: RunId, command: LeadCommand): Promise<RunView>;
  export(run: RunId, folder: string): Promise<void>;
  close(): Promise<void>;
}

export function leadDesk(folder: string, passphrase: string, signal: AbortSignal): LeadDesk {
  const environment = { CONSILIUM_HOME: folder, CONSILIUM_PASSPHRASE: passphrase };
  const contextThatPrints = (print: (line: string) => void): CommandContext => ({
    env: environment,
    now: () => new Date(),
    random: randomBytes,
    interactive: false,
    secret: () => Promise.reject(new TypeError('nobody sits at a rehearsal')),
    print,
    signal,
  });
  const quiet = contextThatPrints(() => {});
  let client: Promise<LeadClient> | null = null;
  const calls = (): Promise<LeadClient> => {
    client ??= clientOf(quiet);
    return client;
  };

  const desk: LeadDesk = {
    async type(command, ...words) {
      const printed: string[] = [];
      await command(contextThatPrints((line) => printed.push(line))).parseAsync([...words], { from: 'user' });
      return printed;
    },
    async launch(runFile, say) {
      const lines = await desk.type(launchCommand, runFile);
      for (const line of lines.filter((text) => /^(?:Warning|Weights) /.test(text))) say(line);
      return runId.parse(/^Run +([0-9a-f]{32})$/m.exec(lines.join('\n'))?.[1]);
    },
    view: async (run, stop = signal) => (await calls()).call(getRun, { params: { run }, signal: stop }),
    sites: async () => (await (await calls()).call(listSites)).sites.map(({ site }) => site),
    command: async (run, command) => (await calls()).call(postCommand, { params: { run }, body: { command } }),
    export: async (run, out) => void (await desk.type(exportCommand, run, '--out', out)),
    close: async () => (await client)?.close(),
  };
  return desk;
}

/** The key is unlocked once: a rehearsal looks at its run many times a second. */
async function clientOf(context: CommandContext): Promise<LeadClient> {
  const { home, lead, ca } = await openLead(context, {});
  const { now, random } = context;
  return openClient({ address: home.coordinator?.address ?? '', consortium: home.consortium, lead, ca, now, random });
}
