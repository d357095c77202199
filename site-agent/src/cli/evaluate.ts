import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { join as joinSamples, shapeOf } from '@consilium/models/samples';
import { sha256 } from '@consilium/shared/canonical';
import { type Contract, signedContract, stagesOf } from '@consilium/shared/contract';
import { createIdentity, sign } from '@consilium/shared/crypto';
import { fail } from '@consilium/shared/errors';
import { type Signature, type SiteId, siteId, stepId } from '@consilium/shared/ids';
import type { Measures } from '@consilium/shared/metrics';
import { signReport } from '@consilium/shared/report';
import { type PreparationState, readPreparation } from '@consilium/shared/statistics';
import { figure, table } from '@consilium/shared/terminal';
import type { Command } from 'commander';
import { z } from 'zod';
import {
  openKey,
  readEnrolment,
  readIfThere,
  readSettingsIfThere,
  type SiteHome,
  type SiteSettings,
  siteSettings,
} from '../config/index.js';
import { type Dataset, loadDataset, partNames } from '../data/index.js';
import { applyPreparation } from '../preparation/index.js';
import { writeReport } from '../reports/index.js';
import { type CommandContext, homeOf, readPassphrase } from './context.js';
import { type DataOptions, dataSettings, withDataOptions } from './data-options.js';

interface EvaluateOptions extends DataOptions {
  readonly home?: string;
  readonly passphraseFile?: string;
  readonly part?: string;
  readonly backend?: string;
  readonly device?: string;
  readonly out?: string;
}

export function addEvaluate(program: Command, context: CommandContext): void {
  withDataOptions(
    program
      .command('evaluate')
      .argument('<export-dir>', 'the folder that consilium export made')
      .description("judge an exported model on this hospital's own patients; nothing leaves the machine"),
  )
    .option('--part <name>', 'all (every row with a known label), or test, validation, train', 'all')
    .option('--backend <name>', 'auto, native, webgpu, wasm or cpu')
    .option('--device <kind>', 'what it must run on: any, gpu or cpu')
    .option('--out <dir>', 'where the report goes', 'evaluation')
    .option('--home <dir>', "the agent's own folder, if the site has one")
    .option('--passphrase-file <file>', "first line: the passphrase of the site's key, which signs the report")
    .action((folder: string, options: EvaluateOptions) => evaluate(folder, options, context));
}

/** What consilium export wrote, as far as judging needs it. */
interface Exported {
  readonly contract: Contract;
  readonly preparation: PreparationState;
  readonly model: Uint8Array;
  /** Null where the last stage trained all. */
  readonly frozen: Uint8Array | null;
}

async function evaluate(folder: string, options: EvaluateOptions, context: CommandContext): Promise<void> {
  const home = homeOf(context, options.home);
  const part = readPart(options.part);
  const exported = await readExport(folder);
  const settings = await readSettingsIfThere(home.settings);
  const data = dataSettings(options) ?? settings?.data ?? fail('CSM-CLISITE-NO-DATA');
  const { contract, preparation } = exported;
  const dataset = await loadCohort(exported, data, part);
  const prepared = applyPreparation(dataset, preparation, contract.runFile);
  const samples = part === 'all' ? joinSamples(partNames.map((name) => prepared.parts[name])) : prepared.parts[part];
  if (samples.rows === 0) fail('CSM-EVALUATE-EMPTY', { part });

  // The models are loaded for this command alone.
  const { useBackend } = await import('@consilium/models/backend');
  const { buildModel, checkInput, loadWeights } = await import('../model/index.js');
  const { evaluateModel, saysSynthetic } = await import('../evaluation/index.js');
  const choice = readChoice('--backend', siteSettings.shape.backend, options.backend) ?? settings?.backend ?? 'auto';
  const device = readChoice('--device', siteSettings.shape.device, options.device) ?? settings?.device ?? 'any';
  const backend = await useBackend(choice, { device });
  const stage = stagesOf(contract.runFile).at(-1)!;
  checkInput(contract, samples, stage.name);
  const model = buildModel(contract, shapeOf(samples), stage.name);
  loadWeights(model, exported, 'test');
  const keeps = model.local.layout.length > 0;
  if (keeps) {
    const minimum = contract.runFile.validation.minimumCohort;
    if (new Set(samples.patients).size < minimum) fail('CSM-EVALUATE-CALIBRATION', { minimum });
    const { calibrate } = await import('@consilium/models/training');
    await calibrate({ model, samples, batchSize: stage.batchSize, seed: contract.runFile.seed });
  }
  const signer = await signerOf(home, options, context);
  const { measures, report } = await evaluateModel({
    model,
    part: samples,
    training: null,
    partName: part === 'validation' ? 'validation' : 'test',
    contract,
    site: signer.site,
    step: stepId.parse('test'),
    modelHash: sha256(exported.model),
    counts: dataset.counts,
    features: preparation.features.length,
    backend,
    synthetic: data.synthetic || (await saysSynthetic(data, contract)),
    batchSize: stage.batchSize,
    now: context.now(),
    notes: [
      `Judged with consilium-site evaluate on ${partWords[part]}, outside the run.`,
      ...(keeps ? [calibrated] : []),
      ...signer.notes,
    ],
  });

  context.print(
    `${contract.runFile.name} on ${partWords[part]}: ${samples.rows} samples, backend ${backend.name} on ${backend.device}`,
  );
  if (backend.note !== undefined) context.print(`Note: ${backend.note}.`);
  if (measures !== null) show(context, measures);
  if (report === null) {
    const { minimumCell } = contract.runFile.validation;
    context.print(`No report was written: it would be about fewer than ${minimumCell} patients.`);
    return;
  }
  const out = resolve(options.out ?? 'evaluation');
  const paths = await writeReport(out, `${signer.site}-${part}`, signReport(report, signer.sign));
  context.print(`The figures above are exact and for this hospital alone; the report withholds small cells:`);
  context.print(`  ${paths.json}\n  ${paths.html}`);
}

/** Said of a model whose normalisations each hospital keeps for itself. */
const calibrated =
  'Normalisations that every hospital has of its own were fitted to these patients, without their labels.';

const partWords = {
  all: 'every patient with a known label',
  test: 'the test patients',
  validation: 'the validation patients',
  train: 'the training patients',
} as const;
type EvaluatedPart = keyof typeof partWords;

function readPart(text = 'all'): EvaluatedPart {
  const parsed = z.enum(['all', 'test', 'validation', 'train']).safeParse(text);
  return parsed.success
    ? parsed.data
    : fail('CSM-CLI-ARGUMENT', { name: '--part', problem: parsed.error.issues[0]!.message });
}

function readChoice<T>(name: string, schema: z.ZodType<T>, text: string | undefined): T | undefined {
  if (text === undefined) return undefined;
  const parsed = schema.safeParse(text);
  return parsed.success ? parsed.data : fail('CSM-CLI-ARGUMENT', { name, problem: parsed.error.issues[0]!.message });
}

/** @throws CSM-EVALUATE-EXPORT */
async function readExport(folder: string): Promise<Exported> {
  const file = (name: string): Promise<Uint8Array> =>
    readFile(join(folder, name)).catch((cause: NodeJS.ErrnoException) =>
      fail('CSM-EVALUATE-EXPORT', { file: name, problem: `it cannot be read (${cause.code ?? 'fault'})` }, { cause }),
    );
  const signed = signedContract.safeParse(json(await file('contract.json')));
  if (!signed.success) fail('CSM-EVALUATE-EXPORT', { file: 'contract.json', problem: 'it is no signed contract' });
  return {
    contract: signed.data.contract,
    preparation: readPreparation(await file('preparation.json')),
    model: await file('model.safetensors'),
    frozen: await readIfThere(join(folder, 'frozen.safetensors')),
  };
}

function json(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}

/**
 * This hospital's cohort for a model that is finished: the model's own features, however few patients there are; and for
 * `all`, nothing held out. The transforms of the contract are done as they were in the run.
 */
function loadCohort(
  { contract, preparation }: Exported,
  { directory, files, rows }: SiteSettings['data'],
  part: EvaluatedPart,
): Promise<Dataset> {
  const { runFile } = contract;
  const { split: _, ...tables } = files ?? runFile.data.files;
  const whole = part === 'all';
  return loadDataset({
    directory,
    files: whole ? tables : (files ?? runFile.data.files),
    ...(rows && { rows }),
    contract: {
      ...contract,
      runFile: {
        ...runFile,
        data: {
          ...runFile.data,
          ...('features' in runFile.data && { features: [...preparation.features] }),
          ...(whole && { testShare: 0 }),
        },
        validation: { ...runFile.validation, minimumCohort: 0, ...(whole && { share: 0 }) },
      },
    },
  });
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
  const { accuracy, balancedAccuracy, macroF1, mcc, auc, ece } = measures;
  context.print(
    `accuracy ${figure(accuracy)}, balanced ${figure(balancedAccuracy)}, macro F1 ${figure(macroF1)}, ` +
      `MCC ${figure(mcc)}, AUC ${figure(auc)}, ECE ${figure(ece)}`,
  );
}
