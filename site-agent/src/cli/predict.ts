import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Explaining } from '@consilium/models/families';
import { stagesOf } from '@consilium/shared/contract';
import { fail } from '@consilium/shared/errors';
import type { Command } from 'commander';
import { readIfThere, readSettingsIfThere, writeWhole } from '../config/index.js';
import type { Dataset } from '../data/index.js';
import { csvText, writeFindings } from '../explanations/index.js';
import { loadCohort, readExport } from '../exported/index.js';
import { applyPreparation, fitsHere } from '../preparation/index.js';
import { type BackendOptions, chosenBackend, withBackendOptions } from './backend-options.js';
import { type CommandContext, homeOf } from './context.js';
import { type DataOptions, dataSettings, withDataOptions } from './data-options.js';

interface PredictOptions extends DataOptions, BackendOptions {
  readonly home?: string;
  readonly out: string;
  readonly explain?: string;
}

export function addPredict(program: Command, context: CommandContext): void {
  withBackendOptions(
    withDataOptions(
      program
        .command('predict')
        .argument('<export-dir>', 'the folder that consilium export made')
        .description("ask an exported model about this hospital's own patients; nothing leaves the machine"),
    ),
  )
    .requiredOption('--out <file>', 'a new CSV: the id of each sample and the probability of each class')
    .option('--explain <dir>', 'a new or empty folder for what the model goes by: tables (CSV) and images (PNG)')
    .option('--home <dir>', "the agent's own folder, if the site has one")
    .action((folder: string, options: PredictOptions) => predictOut(folder, options, context));
}

async function predictOut(folder: string, options: PredictOptions, context: CommandContext): Promise<void> {
  const out = resolve(options.out);
  const folderOfReasons = options.explain === undefined ? null : resolve(options.explain);
  await demandRoom(out, folderOfReasons);
  const exported = await readExport(folder);
  const settings = await readSettingsIfThere(homeOf(context, options.home).settings);
  const data = dataSettings(options) ?? settings?.data ?? fail('CSM-CLISITE-NO-DATA');
  const { runFile } = exported.contract;
  const dataset = await loadCohort(exported, data, { whole: true, labels: 'optional', signal: context.signal });
  const prepared = applyPreparation(dataset, exported.preparation, runFile);
  const samples = prepared.parts.train;

  // The models are loaded for this command alone.
  const { useBackend } = await import('@consilium/models/backend');
  const { familyOf } = await import('@consilium/models/families');
  const { predict } = await import('@consilium/models/training');
  const { openExported } = await import('../model/index.js');
  const { explain } = familyOf(runFile.model.family);
  if (folderOfReasons !== null && explain === undefined) fail('CSM-MODEL-EXPLAIN', { family: runFile.model.family });
  const { choice, device } = chosenBackend(options, settings);
  const backend = await useBackend(choice, { device });
  const { model, batchSize, calibrated } = await openExported(exported, samples);
  if (model.classify === null) fail('CSM-EVALUATE-NO-CLASSES', { stage: stagesOf(runFile).at(-1)!.name });
  const probabilities = await predict({ model, samples, batchSize });
  const { classes } = prepared;
  const rows = dataset.ids.train.map((id, row) => [
    id,
    ...probabilities.subarray(row * classes.length, (row + 1) * classes.length),
  ]);
  await writeWhole(out, csvText([runFile.data.id, ...classes], rows));

  context.print(`${runFile.name}: ${rows.length} samples, backend ${backend.name} on ${backend.device}`);
  if (backend.note !== undefined) context.print(`Note: ${backend.note}.`);
  if (calibrated) context.print('Normalisations that every hospital has of its own were fitted to these samples.');
  if (fitsHere(runFile))
    context.print("What takes off a hospital's own part of the values was fitted to these samples.");
  for (const line of leftOut(dataset)) context.print(line);
  context.print(`Written to ${out}`);
  if (folderOfReasons === null || explain === undefined) return;
  const given: Explaining = {
    samples,
    // Ids stay in the one file: rows of an explanation are those of the predictions.
    ids: dataset.ids.train.map((_, row) => `row-${row + 1}`),
    reference: null,
    features: prepared.features,
    classes,
    minimumPatients: runFile.validation.minimumCell,
    seed: runFile.seed,
  };
  const files = await writeFindings(folderOfReasons, explain(model, given), context.signal);
  context.print(`Explained in ${folderOfReasons}: ${files.join(', ')}`);
  context.print('There row-1 is the first sample of the predictions.');
}

/** Nothing is overwritten. @throws CSM-CLI-EXISTS */
async function demandRoom(out: string, folder: string | null): Promise<void> {
  if ((await readIfThere(out)) !== null) fail('CSM-CLI-EXISTS', { path: out });
  if (folder === null) return;
  const entries = await readdir(folder).catch((thrown: NodeJS.ErrnoException) =>
    thrown.code === 'ENOENT' ? [] : fail('CSM-CLI-FILE', { path: folder, reason: thrown.code ?? 'unknown fault' }),
  );
  if (entries.length > 0) fail('CSM-CLI-EXISTS', { path: folder });
}

/** What was not asked about, and what was asked about without all of its features. */
function leftOut({ counts, quarantine, features }: Dataset): readonly string[] {
  const reasons = new Map<string, number>();
  for (const { reason } of quarantine) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  const named = [...reasons].map(([reason, rows]) => `${reason} ${rows}`).join(', ');
  return [
    ...(quarantine.length === 0 ? [] : [`Set aside ${quarantine.length} rows: ${named}`]),
    ...(counts.missingFeatures === 0
      ? []
      : [`Missing here are ${counts.missingFeatures} of ${features.length} features; the preparation fills them in.`]),
  ];
}
