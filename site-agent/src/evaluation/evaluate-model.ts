import type { BackendInfo } from '@consilium/models/backend';
import { stream } from '@consilium/models/layers';
import { pick } from '@consilium/models/samples';
import { type Model, meanLoss, predict } from '@consilium/models/training';
import { type Contract, contractHash } from '@consilium/shared/contract';
import type { BlobHash, SiteId, StepId } from '@consilium/shared/ids';
import {
  countsOf,
  type EvaluationCounts,
  intervalsOf,
  type Measures,
  measure,
  mostProbable,
  type Predictions,
  type ReleasedMeasures,
  suppress,
  tallyPatients,
  tooFew,
  upliftOf,
} from '@consilium/shared/metrics';
import { type BesideCounts, releaseDataCounts, reportDomain, type SiteReport } from '@consilium/shared/report';
import { version } from '../config/index.js';
import type { Dataset, Part } from '../data/index.js';

export interface Evaluated {
  /** Everything, for local eyes only; null in a stage that tells no classes. */
  readonly measures: Measures | null;
  /** Both are null where fewer than minimumCell patients stand behind them. */
  readonly counts: EvaluationCounts | null;
  readonly report: SiteReport | null;
  /** What the pooled figures have besides. */
  readonly beside: BesideCounts;
}

/** A model to judge on prepared samples, and what its report says of where it comes from. */
export interface EvaluateOptions {
  readonly model: Model;
  readonly part: Part;
  /** The site's training samples, for a model that reads samples beside others; null where there are none. */
  readonly training: Part | null;
  readonly partName: SiteReport['part'];
  readonly contract: Contract;
  readonly site: SiteId;
  readonly step: StepId;
  readonly modelHash: BlobHash;
  readonly counts: Dataset['counts'];
  /** Of the model. */
  readonly features: number;
  readonly backend: BackendInfo;
  readonly synthetic: boolean;
  readonly batchSize: number;
  readonly now: Date;
  readonly notes?: readonly string[];
  /** Why the figures are no measure of the model; null where they are. */
  readonly caveat?: string | null;
  /** Another model of the same samples, to be held against this one in the final test. */
  readonly rival?: Rival;
}

/** What another model says of the judged samples. */
export interface Rival {
  /** Its panel's name. */
  readonly name: string;
  /** [rows, classes], row-major. */
  readonly probabilities: Float32Array;
}

/**
 * Judges a model on patients of this site and withholds what must not leave it. Bootstrap intervals are drawn for the
 * final test alone, from a seed that follows from contract, site and step.
 * @throws CSM-METRICS-INPUT when the model's output is no distribution
 */
export async function evaluateModel(options: EvaluateOptions): Promise<Evaluated> {
  const { model, part, contract, site, step, partName, batchSize } = options;
  if (model.classify === null) return judgedByLoss(options);
  const { model: wanted, validation, seed } = contract.runFile;
  const probabilities = await predict({ model, samples: part, reference: options.training, batchSize });
  const predictions: Predictions = { y: part.y, probabilities, classes: wanted.classes.length };
  const measures = measure(predictions, wanted.classes);
  const patients = tallyPatients(predictions, part.patients);
  if (part.rows === 0 || patients.n < validation.minimumCell)
    return { measures, counts: null, report: null, beside: {} };
  const draws = partName === 'test' ? validation.bootstrap : 0;
  const intervals = intervalsOf(predictions, draws, stream(seed, 'bootstrap', site, step).uniform);
  const released = suppress(measures, validation.minimumCell, { intervals, patients });
  const { counts: beside, shown } = partName === 'test' ? await judgedBeside(options) : nothingBeside;
  const held = released && heldAgainst(predictions, released, shown.panels ?? [], options);
  const report = released && reportOf(options, released, { ...shown, ...held });
  return { measures, counts: countsOf(predictions), report, beside };
}

/**
 * By how much the model is above its rival. Withheld with the accuracy of either, and where they name different classes for so few
 * patients that the difference would be about these.
 */
function heldAgainst(
  predictions: Predictions,
  released: ReleasedMeasures,
  panels: NonNullable<SiteReport['panels']>,
  { part, contract, site, step, rival }: EvaluateOptions,
): Pick<SiteReport, 'uplift'> {
  if (rival === undefined) return {};
  const { name: over, probabilities } = rival;
  const { validation, seed } = contract.runFile;
  const theirs = { ...predictions, probabilities };
  const [own, other] = [predictions, theirs].map((told) => mostProbable(told.probabilities, told.classes));
  const differing = new Set(part.patients.filter((_, row) => own![row] !== other![row]));
  const shown = [released.scores, panels.find(({ name }) => name === over)?.scores];
  if (tooFew(differing.size, validation.minimumCell) || shown.some((scores) => !hasAccuracy(scores))) return {};
  const random = stream(seed, 'uplift', site, step).uniform;
  return { uplift: [{ over, scores: upliftOf(predictions, theirs, validation.bootstrap, random) }] };
}

const hasAccuracy = (scores: ReleasedMeasures['scores'] | undefined): boolean =>
  typeof scores?.accuracy.value === 'number';

/** A stage without classes is judged by its own loss, equally weighted over classes whatever it trains with. */
async function judgedByLoss(options: EvaluateOptions): Promise<Evaluated> {
  const { model, part, partName, contract, batchSize } = options;
  const { validation, seed } = contract.runFile;
  const none = { measures: null, counts: null, report: null };
  if (new Set(part.patients).size < validation.minimumCell) return { ...none, beside: {} };
  const loss = await meanLoss({ model, samples: part, classWeights: null, batchSize, seed });
  const { counts } = partName === 'test' ? await judgedBeside(options) : nothingBeside;
  return { ...none, beside: { ...(Number.isFinite(loss) && { score: { n: part.rows, loss } }), ...counts } };
}

/** What stands beside the model's own figures: for the sum over all sites, and as this site's report shows it. */
interface JudgedBeside {
  readonly counts: BesideCounts;
  readonly shown: Pick<SiteReport, 'panels' | 'figures'>;
}

const nothingBeside: JudgedBeside = { counts: {}, shown: {} };

/** Baselines and other figures of the final test. A figure that few patients have, or few have not, is withheld. */
async function judgedBeside(options: EvaluateOptions): Promise<JudgedBeside> {
  const { model, part, training, contract, batchSize, rival } = options;
  const { model: wanted, validation, seed } = contract.runFile;
  if (model.beside === undefined && rival === undefined) return nothingBeside;
  const known = training ?? pick(part, new Int32Array());
  const told = await model.beside?.({ judged: part, training: known, batchSize, seed });
  const { panels = [], figures = [] } = told ?? {};
  const classes = wanted.classes.length;
  const enough = (patients: ReadonlySet<number>) => patients.size === 0 || patients.size >= validation.minimumCell;
  const others = [...(rival ? [rival] : []), ...panels].map(({ name, probabilities }) => ({
    name,
    told: { y: part.y, probabilities, classes },
  }));
  const sums = figures.flatMap(({ name, values }) => {
    const known = [...values.keys()].filter((row) => Number.isFinite(values[row]));
    const patientsOf = (wanted: boolean) =>
      new Set(part.patients.filter((_, row) => Number.isFinite(values[row]) === wanted));
    if (known.length === 0 || !enough(patientsOf(true)) || !enough(patientsOf(false))) return [];
    return [{ name, n: known.length, sum: known.reduce((sum, row) => sum + (values[row] ?? 0), 0) }];
  });
  const released = others.flatMap(({ name, told }) => {
    const patients = tallyPatients(told, part.patients);
    const released = suppress(measure(told, wanted.classes), validation.minimumCell, { patients });
    return released === null ? [] : [{ name, scores: released.scores, perClass: released.perClass.map(ratesOf) }];
  });
  return {
    counts: { panels: others.map(({ name, told }) => ({ name, counts: countsOf(told) })), figures: sums },
    shown: { panels: released, figures: sums.map(({ name, n, sum }) => ({ name, n, mean: sum / n })) },
  };
}

const ratesOf = ({ class: name, recall, precision, f1, auc }: ReleasedMeasures['perClass'][number]) => ({
  ...{ class: name, recall, precision, f1, auc },
});

function reportOf(
  options: EvaluateOptions,
  measures: ReleasedMeasures,
  beside: Pick<SiteReport, 'panels' | 'figures' | 'uplift'>,
): SiteReport {
  const { contract, site, step, partName, modelHash, counts, features, backend, caveat = null } = options;
  const notes = [...(caveat === null ? [] : [caveat]), ...(options.notes ?? [])];
  const { minimumCell } = contract.runFile.validation;
  const { read, kept, otherLabel, quarantined, missingFeatures } = counts;
  return {
    format: reportDomain,
    consortium: contract.consortium,
    run: contract.run,
    runName: contract.runFile.name,
    site,
    step,
    part: partName,
    contract: contractHash(contract),
    model: modelHash,
    minimumCell,
    measures,
    ...(caveat !== null && { caveat }),
    ...beside,
    data: releaseDataCounts({ read, kept, otherLabel, quarantined, features, missingFeatures }, minimumCell),
    backend: `${backend.name} ${backend.version} (${backend.device})`.slice(0, 128),
    software: { consilium: version, node: process.version },
    notes: backend.note === undefined ? [...notes] : [...notes, `${backend.note}.`.slice(0, 500)],
    generatedAt: options.now.toISOString(),
    synthetic: options.synthetic,
  };
}
