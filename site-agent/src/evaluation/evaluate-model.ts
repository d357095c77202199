import type { BackendInfo } from '@consilium/models/backend';
import { stream } from '@consilium/models/layers';
import { pick } from '@consilium/models/samples';
import { type Beside, type Model, meanLoss, predict } from '@consilium/models/training';
import { type Contract, contractHash } from '@consilium/shared/contract';
import type { BlobHash, SiteId, StepId } from '@consilium/shared/ids';
import {
  countsOf,
  type EvaluationCounts,
  intervalsOf,
  judgeAtThreshold,
  type Measures,
  measure,
  mostProbable,
  type Predictions,
  type ReleasedMeasures,
  scaleCalibration,
  suppress,
  tallyPatients,
  tooFew,
  upliftOf,
} from '@consilium/shared/metrics';
import {
  type BesideCounts,
  localOnly,
  nameInGroup,
  type Panel,
  releaseDataCounts,
  reportDomain,
  type SiteReport,
} from '@consilium/shared/report';
import { version } from '../config/index.js';
import type { Dataset, Part, StatedValue } from '../data/index.js';
import { figureSums, predictionsOf, toldGroups } from './groups.js';
import { type JudgedSubgroup, judgeSubgroup } from './subgroups.js';

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
  /** The site's validation samples, to fit a temperature and a threshold to; left out where none were kept from those that are judged. */
  readonly validation?: Part;
  /** What the site's tables say of each judged sample, by column of the run's subgroups. Left out: the report tells none. */
  readonly stated?: readonly (readonly StatedValue[])[];
  /** Other models of the same samples, to be held against this one in the final test. */
  readonly rivals?: readonly Rival[];
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
  const { counts: beside, shown } = partName === 'test' ? await judgedBeside(options, predictions) : nothingBeside;
  const counted = countsOf(predictions);
  if (released === null) return { measures, counts: counted, report: null, beside };
  const uplift = (partName === 'test' ? (options.rivals ?? []) : []).flatMap(
    (rival) => heldAgainst(rival, predictions, released, shown.panels ?? [], options) ?? [],
  );
  const some = partName === 'test' ? bySubgroup(predictions, released, options) : [];
  const panels = [...(beside.panels ?? []), ...withinLimit(some.flatMap((own) => own.panels))];
  return {
    measures,
    counts: counted,
    report: reportOf(options, released, {
      ...shown,
      ...(uplift.length > 0 && { uplift }),
      ...(partName === 'test' && (await fittedOnValidation(predictions, options))),
      ...(some.length > 0 && { subgroups: some.map((own) => own.shown) }),
    }),
    beside: { ...beside, ...(panels.length > 0 && { panels }) },
  };
}

/** Entries of counts that subgroups may add to an evaluation: some ten megabytes, well below what one may weigh. */
const mostEntries = 1_000_000;

/** The panels, in their order, that leave an evaluation small enough to be sent; the site's own report has all of them. */
function withinLimit(panels: readonly Panel[]): readonly Panel[] {
  let entries = 0;
  return panels.filter(({ counts }) => {
    entries += counts.at.length;
    return entries <= mostEntries;
  });
}

/** The same predictions at a temperature and, of two classes, at a threshold, which test patients have no part in. */
async function fittedOnValidation(
  predictions: Predictions,
  { model, part, training, validation, contract, batchSize }: EvaluateOptions,
): Promise<Pick<SiteReport, 'temperatureScaled' | 'atThreshold'>> {
  if (validation === undefined) return {};
  const { model: wanted, validation: terms } = contract.runFile;
  const { minimumCell } = terms;
  const [, positiveName] = wanted.classes;
  const probabilities = await predict({ model, samples: validation, reference: training, batchSize });
  const { y, patients } = validation;
  const fitted = { predictions: { y, probabilities, classes: predictions.classes }, patients };
  const judged = { predictions, patients: part.patients };
  return {
    temperatureScaled: scaleCalibration(fitted, judged, minimumCell),
    ...(positiveName !== undefined &&
      predictions.classes === 2 && { atThreshold: judgeAtThreshold(fitted, judged, { positiveName, minimumCell }) }),
  };
}

/** The same figures by subgroup, one column of the run after the other. */
function bySubgroup(
  predictions: Predictions,
  whole: ReleasedMeasures,
  { part: { patients }, stated, contract, site, step }: EvaluateOptions,
): readonly JudgedSubgroup[] {
  if (stated === undefined) return [];
  const { model, validation, seed } = contract.runFile;
  const { minimumCell, bootstrap: draws, subgroups = [] } = validation;
  const randomOf = (column: string, name: string) => stream(seed, 'subgroup', site, step, column, name).uniform;
  const judged = { predictions, patients, whole, classes: model.classes, minimumCell, draws, randomOf };
  return subgroups.map((subgroup, index) =>
    judgeSubgroup(
      judged,
      subgroup,
      stated.map((values) => values[index]),
    ),
  );
}

/**
 * By how much the model is above its rival. Withheld with the accuracy of either, and where they name different classes for so few
 * patients that the difference would be about these.
 */
function heldAgainst(
  { name: over, probabilities }: Rival,
  predictions: Predictions,
  released: ReleasedMeasures,
  panels: NonNullable<SiteReport['panels']>,
  { part, contract, site, step }: EvaluateOptions,
): NonNullable<SiteReport['uplift']>[number] | null {
  const { validation, seed } = contract.runFile;
  const theirs = { ...predictions, probabilities };
  const [own, other] = [predictions, theirs].map((told) => mostProbable(told.probabilities, told.classes));
  const differing = new Set(part.patients.filter((_, row) => own![row] !== other![row]));
  const shown = [released.scores, panels.find(({ name }) => name === over)?.scores];
  if (tooFew(differing.size, validation.minimumCell) || shown.some((scores) => !hasAccuracy(scores))) return null;
  const random = stream(seed, 'uplift', site, step, ...(over === localOnly ? [] : [over])).uniform;
  return { over, scores: upliftOf(predictions, theirs, validation.bootstrap, random) };
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
  const { counts } = partName === 'test' ? await judgedBeside(options, null) : nothingBeside;
  return { ...none, beside: { ...(Number.isFinite(loss) && { score: { n: part.rows, loss } }), ...counts } };
}

/** What stands beside the model's own figures: for the sum over all sites, and as this site's report shows it. */
interface JudgedBeside {
  readonly counts: BesideCounts;
  readonly shown: Pick<SiteReport, 'panels' | 'groups' | 'figures'>;
}

const nothingBeside: JudgedBeside = { counts: {}, shown: {} };

/** Baselines, other figures, and all of them by group. What few patients have, or few have not, is withheld. */
async function judgedBeside(options: EvaluateOptions, own: Predictions | null): Promise<JudgedBeside> {
  const { part, contract } = options;
  const { model: wanted, data, validation } = contract.runFile;
  const { groups: names = [] } = data;
  const minimum = validation.minimumCell;
  const { panels, figures } = await otherPredictions(options);
  const classes = wanted.classes.length;
  const others = [...(options.rivals ?? []), ...panels].map(({ name, probabilities }) => ({
    ...{ name, told: { y: part.y, probabilities, classes } },
  }));
  const all = [...(own === null ? [] : [{ name: undefined, told: own }]), ...others];
  const groups = toldGroups(part, names, minimum);
  const byGroup = all.flatMap(({ name, told }) =>
    groups.map(({ name: group, rows }) => ({
      name: nameInGroup(group, name),
      told: predictionsOf(told, rows),
      patients: Int32Array.from(rows, (row) => part.patients[row]!),
    })),
  );
  const released = (told: Predictions, patients: Int32Array) =>
    suppress(measure(told, wanted.classes), minimum, { patients: tallyPatients(told, patients) });
  const sums = figures.flatMap((figure) => figureSums(figure, part, names, minimum));
  const shownPanels = others.flatMap(({ name, told }) => {
    const own = released(told, part.patients);
    return own === null ? [] : [{ name, scores: own.scores, perClass: own.perClass.map(ratesOf) }];
  });
  const shownGroups = byGroup.flatMap(({ name, told, patients }) => {
    const own = released(told, patients);
    return own === null ? [] : [{ name, n: told.y.length, scores: own.scores }];
  });
  const counted = [...others, ...byGroup].map(({ name, told }) => ({ name, counts: countsOf(told) }));
  return {
    counts: { ...(counted.length > 0 && { panels: counted }), ...(sums.length > 0 && { figures: sums }) },
    shown: {
      ...(shownPanels.length > 0 && { panels: shownPanels }),
      ...(shownGroups.length > 0 && { groups: shownGroups }),
      ...(sums.length > 0 && { figures: sums.map(({ name, n, sum }) => ({ name, n, mean: sum / n })) }),
    },
  };
}

/** What a family sets beside its own predictions of the same samples. */
async function otherPredictions({ model, part, training, contract, batchSize }: EvaluateOptions): Promise<Beside> {
  if (model.beside === undefined) return { panels: [], figures: [] };
  const known = training ?? pick(part, new Int32Array());
  return model.beside({ judged: part, training: known, batchSize, seed: contract.runFile.seed });
}

const ratesOf = ({ class: name, recall, precision, f1, auc }: ReleasedMeasures['perClass'][number]) => ({
  ...{ class: name, recall, precision, f1, auc },
});

function reportOf(
  options: EvaluateOptions,
  measures: ReleasedMeasures,
  beside: Pick<
    SiteReport,
    'panels' | 'groups' | 'figures' | 'uplift' | 'subgroups' | 'temperatureScaled' | 'atThreshold'
  >,
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
