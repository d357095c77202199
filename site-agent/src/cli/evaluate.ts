import { resolve } from 'node:path';
import { join as joinSamples } from '@consilium/models/samples';
import { sha256 } from '@consilium/shared/canonical';
import { caveatOf, stagesOf } from '@consilium/shared/contract';
import { createIdentity, sign } from '@consilium/shared/crypto';
import { fail } from '@consilium/shared/errors';
import { type Signature, type SiteId, siteId, stepId } from '@consilium/shared/ids';
import { type Measures, metricsOf } from '@consilium/shared/metrics';
import { type BesideCounts, signReport } from '@consilium/shared/report';
import { figure, table } from '@consilium/shared/terminal';
import type { Command } from 'commander';
import { z } from 'zod';
import { openKey, readEnrolment, readSettingsIfThere, type SiteHome } from '../config/index.js';
import { type PartName, partNames, samplesOfStage } from '../data/index.js';
import { loadCohort, readExport } from '../exported/index.js';
import { applyPreparation, fitsHere } from '../preparation/index.js';
import { writeReport } from '../reports/index.js';
import { type BackendOptions, chosenBackend, withBackendOptions } from './backend-options.js';
import { type CommandContext, homeOf, readPassphrase } from './context.js';
import { type DataOptions, dataSettings, withDataOptions } from './data-options.js';

interface EvaluateOptions extends DataOptions, BackendOptions {
  readonly home?: string;
  readonly passphraseFile?: string;
  readonly part?: string;
  readonly out?: string;
}

export function addEvaluate(program: Command, context: CommandContext): void {
  withBackendOptions(
    withDataOptions(
      program
        .command('evaluate')
        .argument('<export-dir>', 'the folder that consilium export made')
        .description("judge an exported model on this hospital's own patients; nothing leaves the machine"),
    ),
  )
    .option('--part <name>', 'all (every row with a known label), or test, validation, train', 'all')
    .option('--out <dir>', 'where the report goes', 'evaluation')
    .option('--home <dir>', "the agent's own folder, if the site has one")
    .option('--passphrase-file <file>', "first line: the passphrase of the site's key, which signs the report")
    .action((folder: string, options: EvaluateOptions) => evaluate(folder, options, context));
}

async function evaluate(folder: string, options: EvaluateOptions, context: CommandContext): Promise<void> {
  const home = homeOf(context, options.home);
  const part = readPart(options.part);
  const exported = await readExport(folder);
  const settings = await readSettingsIfThere(home.settings);
  const data = dataSettings(options) ?? settings?.data ?? fail('CSM-CLISITE-NO-DATA');
  const { contract, preparation } = exported;
  const dataset = await loadCohort(exported, data, { whole: part === 'all', signal: context.signal });
  const prepared = applyPreparation(dataset, preparation, contract.runFile);
  const samples =
    part === 'all' ? joinSamples(partsOf(part).map((name) => prepared.parts[name])) : prepared.parts[part];
  if (samples.rows === 0) fail('CSM-EVALUATE-EMPTY', { part });

  // The models are loaded for this command alone.
  const { useBackend } = await import('@consilium/models/backend');
  const { openExported } = await import('../model/index.js');
  const { evaluateModel, saysSynthetic } = await import('../evaluation/index.js');
  const { choice, device } = chosenBackend(options, settings);
  const backend = await useBackend(choice, { device });
  const { model, batchSize, calibrated } = await openExported(exported, samples);
  const signer = await signerOf(home, options, context);
  // The run's own parts hold patients whose copies it was trained on.
  const caveat = part === 'all' ? null : caveatOf(contract.runFile);
  const ofLastStage = (name: PartName) =>
    samplesOfStage(prepared.parts[name], contract.runFile, stagesOf(contract.runFile).at(-1)!);
  const { measures, report, beside } = await evaluateModel({
    model,
    part: samples,
    training: part === 'test' || part === 'validation' ? ofLastStage('train') : null,
    ...(part === 'test' && { validation: ofLastStage('validation') }),
    partName: part === 'validation' ? 'validation' : 'test',
    contract,
    site: signer.site,
    step: stepId.parse('test'),
    modelHash: sha256(exported.model),
    counts: dataset.counts,
    ...(dataset.stated && { stated: partsOf(part).flatMap((name) => dataset.stated?.[name] ?? []) }),
    features: preparation.features.length,
    backend,
    synthetic: data.synthetic || (await saysSynthetic(data, contract)),
    batchSize,
    now: context.now(),
    caveat,
    notes: [
      `Judged with consilium-site evaluate on ${partWords[part]}, outside the run.`,
      ...(calibrated ? [calibration] : []),
      ...(fitsHere(contract.runFile) ? [harmonisation] : []),
      ...signer.notes,
    ],
  });

  context.print(
    `${contract.runFile.name} on ${partWords[part]}: ${samples.rows} samples, backend ${backend.name} on ${backend.device}`,
  );
  if (backend.note !== undefined) context.print(`Note: ${backend.note}.`);
  if (caveat === null) {
    if (measures !== null) show(context, measures);
    showBeside(context, beside, prepared.classes);
  } else context.print(caveat);
  if (report === null) {
    const { minimumCell } = contract.runFile.validation;
    const few = measures !== null || beside.score === undefined;
    const why = few ? `it would be about fewer than ${minimumCell} patients` : 'the model tells no classes';
    context.print(`No report was written: ${why}.`);
    return;
  }
  const out = resolve(options.out ?? 'evaluation');
  const paths = await writeReport(out, `${signer.site}-${part}`, signReport(report, signer.sign));
  context.print(`The figures above are exact and for this hospital alone; the report withholds small cells:`);
  context.print(`  ${paths.json}\n  ${paths.html}`);
}

/** Said of a model whose normalisations each hospital keeps for itself. */
const calibration =
  'Normalisations that every hospital has of its own were fitted to these patients, without their labels.';

const harmonisation =
  "What takes off a hospital's own part of the values was fitted to its own training patients, without their labels.";

const partWords = {
  all: 'every patient with a known label',
  test: 'the test patients',
  validation: 'the validation patients',
  train: 'the training patients',
} as const;
type EvaluatedPart = keyof typeof partWords;

const partsOf = (part: EvaluatedPart): readonly PartName[] => (part === 'all' ? partNames : [part]);

function readPart(text = 'all'): EvaluatedPart {
  const parsed = z.enum(['all', 'test', 'validation', 'train']).safeParse(text);
  return parsed.success
    ? parsed.data
    : fail('CSM-CLI-ARGUMENT', { name: '--part', problem: parsed.error.issues[0]!.message });
}

interface Signer {
  readonly site: SiteId;
  readonly sign: (domain: string, bytes: Uint8Array) => Signature;
  readonly notes: readonly string[];
}

/** The site's key where there is one; a hospital that took no part gets a key for this report. */
async function signerOf(home: SiteHome, options: EvaluateOptions, context: CommandContext): Promise<Signer> {
  const enrolment = await readEnrolment(home);
  const identity =
    enrolment === null
      ? createIdentity()
      : await openKey(home, await readPassphrase(context, { file: options.passphraseFile, fresh: false }));
  return {
    site: enrolment?.site ?? siteId.parse('local'),
    sign: (domain, bytes) => sign(identity, domain, bytes),
    notes: enrolment === null ? ['Signed with a key made for this report: this hospital is not enrolled.'] : [],
  };
}

function show(context: CommandContext, measures: Measures): void {
  context.print(
    table(
      ['class', 'samples', 'precision', 'recall', 'F1', 'AUC'],
      measures.perClass.map((own) => [
        own.class,
        own.support,
        figure(own.precision),
        figure(own.recall),
        figure(own.f1),
        figure(own.auc),
      ]),
    ),
  );
  context.print(overall(measures));
}

const overall = ({ accuracy, balancedAccuracy, macroF1, mcc, auc, ece }: Measures): string =>
  `accuracy ${figure(accuracy)}, balanced ${figure(balancedAccuracy)}, macro F1 ${figure(macroF1)}, ` +
  `MCC ${figure(mcc)}, AUC ${figure(auc)}, ECE ${figure(ece)}`;

/** Baselines, and what is no measure of classes. */
function showBeside(
  context: CommandContext,
  { score, panels = [], figures = [] }: BesideCounts,
  classes: readonly string[],
): void {
  if (score !== undefined) context.print(`loss ${figure(score.loss)}, mean over ${score.n} samples`);
  for (const { name, counts } of panels) context.print(`${name}: ${overall(metricsOf(counts, classes))}`);
  for (const { name, n, sum } of figures) context.print(`${name} ${figure(sum / n)}, mean over ${n} samples`);
}
