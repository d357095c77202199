import { readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { contractHash, makeContract, namedFiles, readRunFile, signContract } from '@consilium/shared/contract';
import { sign } from '@consilium/shared/crypto';
import { fail } from '@consilium/shared/errors';
import { runId } from '@consilium/shared/ids';
import { Command } from 'commander';
import { postRun } from '../api/calls.js';
import { checkModel } from '../initial/index.js';
import type { CommandContext } from './context.js';
import { momentOf } from './durations.js';
import { brief } from './output.js';
import { readPreviousRun } from './previous-run.js';
import { sendWeights } from './send-weights.js';
import { asLead, type LeadOptions, withLeadOptions } from './session.js';

const runIdBytes = 16;

export const launchCommand = (context: CommandContext): Command =>
  withLeadOptions(
    new Command('launch')
      .description('sign a run file and start the run')
      .argument('<run-file>', 'YAML file; files that it names lie beside it')
      .option('--step', 'each round waits for `consilium next`')
      .option('--not-after <span>', 'until when sites may work on it: 12h, 30d, or a date', '30d'),
  ).action(async (path: string, options: LeadOptions & { step?: boolean; notAfter: string }) => {
    const notAfter = momentOf(options.notAfter, '--not-after', context.now());
    const runFile = readRunFile(await readText(path), basename(path));
    const named = await Promise.all(
      namedFiles(runFile).map(async (file) => [file, await readText(join(dirname(path), file))] as const),
    );
    const { warnings, imported, tensors } = await checkModel(runFile, resolve(dirname(path)), context.signal);
    for (const warning of warnings) context.print(`Warning      ${warning}`);
    for (const sentence of imported?.sentences ?? []) context.print(`Weights      ${sentence}`);
    const previous = await readPreviousRun(runFile, dirname(path));
    await asLead(context, options, async ({ home, lead, client }) => {
      const run = runId.parse(Buffer.from(context.random(runIdBytes)).toString('hex'));
      const { consortium } = home;
      const weights = imported && { sha256: imported.sha256, parts: await sendWeights(client, tensors) };
      const before = previous && { model: previous.model, parts: await sendWeights(client, previous.file) };
      const terms = makeContract({
        ...{ runFile, files: Object.fromEntries(named), consortium, run, notAfter },
        ...(weights && { weights }),
        ...(before && { previous: before }),
      });
      const signed = signContract(terms, (domain, bytes) => sign(lead, domain, bytes));
      const view = await client.call(postRun, { body: { signed, stepwise: options.step ?? false } });
      context.print(`Run          ${run}`);
      context.print(`Contract     ${contractHash(terms)}`);
      context.print(`Sites        ${view.sites.map(({ site }) => site).join(', ')}`);
      context.print(`Counts until ${notAfter.toISOString()}`);
      context.print('');
      context.print(`Next: consilium watch ${brief(run)}`);
    });
  });

const readText = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch((cause: unknown) => fail('CSM-RUNFILE-MISSING', { file }, { cause }));
