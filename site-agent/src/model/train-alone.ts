import { initialWeights } from '@consilium/models/families';
import { type LabelledSamples, shapeOf } from '@consilium/models/samples';
import { type Model, meanLoss, type Progress, predict, readTensors } from '@consilium/models/training';
import { type Contract, idOf, isBetter, type Stage, stagesOf } from '@consilium/shared/contract';
import { fail } from '@consilium/shared/errors';
import type { SiteId } from '@consilium/shared/ids';
import { measure } from '@consilium/shared/metrics';
import type { PreparationState } from '@consilium/shared/statistics';
import { decodeWeights, encodeWeights, type Weights } from '@consilium/shared/weights';
import { type Dataset, type Part, samplesOfStage } from '../data/index.js';
import { buildModel, loadWeights, type WeightFiles } from './contract-model.js';
import { assignLocal } from './local-tensors.js';
import { trainStep } from './train-step.js';

export interface AloneOptions {
  readonly contract: Contract;
  readonly site: SiteId;
  readonly state: PreparationState;
  /** Prepared samples. */
  readonly parts: Dataset['parts'];
  readonly signal: AbortSignal;
  /** Of the stages so far, the one under way included. */
  readonly onProgress: (progress: Progress) => void;
}

/** What a stage ends with. */
interface Result {
  readonly files: WeightFiles;
  readonly carried: Uint8Array | null;
}

/**
 * The model that this site would have had by itself: from the same starting weights, stage by stage for as many rounds as the run, on its
 * own training samples, each stage's round chosen by its own validation patients. Class weights are by its own counts, nothing pulls it
 * to a common model; preparation stays that of all sites.
 * @returns the model of the last stage with its weights; dispose of it
 * @throws CSM-COHORT-STAGE, CSM-TRAINER-DIVERGED, CSM-TRAINING-DIVERGED, the signal's reason
 */
export async function trainAlone(options: AloneOptions): Promise<Model> {
  const { contract, parts } = options;
  let before: Result | null = null;
  let doneBefore = 0;
  const stages = stagesOf(contract.runFile);
  for (const stage of stages) {
    const model = buildModel(contract, shapeOf(parts.train), stage.name);
    let newest = doneBefore;
    const onProgress = ({ done, total, ...rest }: Progress): void => {
      newest = doneBefore + done;
      options.onProgress({ ...rest, done: newest, total: doneBefore + total });
    };
    try {
      before = await trainStage(model, stage, before, { ...options, onProgress });
      doneBefore = newest;
      if (stage === stages.at(-1)) return model;
    } catch (thrown) {
      model.dispose();
      throw thrown;
    }
    model.dispose();
  }
  throw new RangeError('a run has at least one stage');
}

/** Trains a model through a stage and leaves it with the chosen weights. */
async function trainStage(
  model: Model,
  { proximal: _, ...stage }: Stage,
  before: Result | null,
  { contract, site, state, parts, signal, onProgress }: AloneOptions,
): Promise<Result> {
  const { validation } = contract.runFile;
  const drawn = await readTensors(model.local);
  const ofStage = (part: Part) => samplesOfStage(part, contract.runFile, stage);
  const [training, validating] = [ofStage(parts.train), ofStage(parts.validation)];
  const { minimumCohort: minimum } = validation;
  if (new Set(training.patients).size < minimum) fail('CSM-COHORT-STAGE', { stage: stage.name, minimum });
  const own = { ...state, classCounts: countsOf(training, state.classCounts.length) };
  let newest: Result = { files: startOf(contract, stage.name, parts.train, before), carried: before?.carried ?? null };
  let best: (Result & { readonly value: number; readonly round: number }) | null = null;
  let judged = 0;
  for (let round = 1; round <= stage.rounds; round++) {
    assignLocal(model, drawn, newest.carried);
    const step = idOf({ kind: 'train', stage: stage.index, round });
    const place = { model, contract, site, step, stage, round, state: own, part: parts.train, base: newest.files };
    const { update, carried } = await trainStep({
      ...place,
      signal,
      onProgress: ({ done, total, ...rest }) =>
        onProgress({ ...rest, done: (round - 1) * total + done, total: stage.rounds * total }),
    });
    newest = { files: { ...newest.files, model: update }, carried };
    if (validating.rows === 0 || (round % validation.everyRounds !== 0 && round !== stage.rounds)) continue;
    const value = await judge(model, stage, { training, validating }, contract);
    judged += 1;
    if (value !== null && isBetter(stage.choose, value, best?.value ?? null)) {
      best = { ...newest, value, round };
      judged = 0;
    }
    if (stage.earlyStop !== undefined && judged >= stage.earlyStop.patience) break;
  }
  const result = best ?? newest;
  loadWeights(model, result.files, `the stage ${stage.name}`);
  assignLocal(model, drawn, result.carried);
  return { files: result.files, carried: result.carried };
}

/** The weights that a stage starts from, as the coordinator makes them: drawn, or taken from the stage before. */
function startOf(
  { runFile: { model, seed } }: Contract,
  stage: string,
  samples: Part,
  before: Result | null,
): WeightFiles {
  const earlier: readonly Weights[] =
    before === null
      ? []
      : [before.files.model, before.files.frozen].flatMap((file) => (file ? [decodeWeights(file)] : []));
  const wanted = { ...model, classes: model.classes.length, input: shapeOf(samples), stage };
  const { shared, frozen } = initialWeights({ ...wanted, seed, earlier });
  return { model: encodeWeights(shared), frozen: frozen && encodeWeights(frozen) };
}

/** What decides between rounds, on this site's validation samples; a stage without classes has its loss alone. */
async function judge(
  model: Model,
  { choose, batchSize }: Stage,
  { training, validating }: { readonly training: LabelledSamples; readonly validating: LabelledSamples },
  { runFile: { model: wanted, seed } }: Contract,
): Promise<number | null> {
  if (model.classify === null) return meanLoss({ model, samples: validating, classWeights: null, batchSize, seed });
  const probabilities = await predict({ model, samples: validating, reference: training, batchSize });
  return measure({ y: validating.y, probabilities, classes: wanted.classes.length })[choose];
}

function countsOf({ y }: LabelledSamples, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of y) if (label >= 0) counts[label]! += 1;
  return counts;
}
