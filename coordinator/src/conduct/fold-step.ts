import { type Contract, hasStageGroups, inputOf, type Step, stageAt, updateCoding } from '@consilium/shared/contract';
import type { BlobHash, SiteId } from '@consilium/shared/ids';
import type { Figure } from '@consilium/shared/metrics';
import { type Evaluation, readEvaluation, type SiteReport } from '@consilium/shared/report';
import {
  encodePreparation,
  openFold,
  type PreparationState,
  readCohort,
  readPreparation,
} from '@consilium/shared/statistics';
import { fold as foldUpdates } from '../aggregation/index.js';
import { type EarlierFile, makeInitial } from '../initial/index.js';
import type { Deed, ReleasedMetrics, StepOutput } from '../rounds/index.js';
import { type Blobs, blobChunkBytes } from '../store/index.js';
import { evaluationTerms } from './evaluation-terms.js';
import { poolEvaluations } from './pool-evaluations.js';

export interface FoldMeans {
  readonly contract: Contract;
  readonly blobs: Blobs;
}

/** Folds the contributions of a step into what the next step stands on. */
export async function foldStep(deed: Deed, means: FoldMeans, signal: AbortSignal): Promise<StepOutput> {
  const { step } = deed;
  switch (step.kind) {
    case 'prepare':
      return { preparation: await foldPreparation(step, deed, means), ...(await stageSamplesOf(step, deed, means)) };
    case 'initial':
      return startStage(step.stage, deed, means, signal);
    case 'train': {
      const folded = await foldUpdates({
        strategy: means.contract.runFile.training.strategy,
        base: needed(deed.model),
        state: deed.strategyState,
        round: { stage: stageAt(means.contract.runFile, step.stage), samples: deed.samples },
        contributions: deed.contributions,
        coding: updateCoding(means.contract.runFile, step.stage),
        blobs: means.blobs,
        signal,
      });
      return { model: folded.hash, ...(folded.state !== null && { strategyState: folded.state }) };
    }
    case 'validate':
    case 'test':
      return foldEvaluations(deed, means);
    default:
      return step satisfies never;
  }
}

async function foldPreparation(
  { name, pass }: Extract<Step, { kind: 'prepare' }>,
  deed: Deed,
  { contract, blobs }: FoldMeans,
): Promise<BlobHash> {
  const state = deed.preparation === null ? null : await preparationOf(deed, blobs);
  const fold = openFold(name, { contract, state, pass });
  for (const { hash, samples } of deed.contributions) fold.add({ bytes: await wholeBlob(blobs, hash), samples });
  return blobs.write(encodePreparation(fold.finish()));
}

/** What each site signed for each stage, as its cohort's statistics say. */
async function stageSamplesOf(
  { name }: Extract<Step, { kind: 'prepare' }>,
  { contributions }: Deed,
  { contract, blobs }: FoldMeans,
): Promise<Pick<StepOutput, 'stageSamples'>> {
  if (name !== 'cohort' || !hasStageGroups(contract.runFile)) return {};
  const signed: NonNullable<StepOutput['stageSamples']> = {};
  for (const { site, hash, samples } of contributions) {
    const { stageSamples = [] } = readCohort(await wholeBlob(blobs, hash), { contract, samples });
    signed[site] = stageSamples;
  }
  return { stageSamples: signed };
}

/** The weights that a stage starts from: those of the stage before where it has them, then those that the contract brings. */
async function startStage(
  stage: number,
  deed: Deed,
  { contract, blobs }: FoldMeans,
  signal: AbortSignal,
): Promise<StepOutput> {
  const { runFile } = contract;
  const { family, preset, options, classes } = runFile.model;
  const { features } = await preparationOf(deed, blobs);
  const before = stage === 0 ? [] : [deed.model, deed.frozen].filter((hash) => hash !== null);
  const request = {
    ...{ family, preset, options, classes: classes.length, seed: runFile.seed },
    input: inputOf(runFile, features.length),
    stage: stageAt(runFile, stage).name,
    earlier: await Promise.all(before.map((hash) => fileOf([hash], blobs))),
    imported: contract.weights === undefined ? null : await fileOf(contract.weights.parts, blobs),
  };
  const model = blobs.writer();
  const frozen = blobs.writer();
  let frozenBytes = 0;
  const appendFrozen = async (bytes: Uint8Array): Promise<void> => {
    frozenBytes += bytes.length;
    await frozen.append(bytes);
  };
  try {
    await makeInitial(request, { model: (bytes) => model.append(bytes), frozen: appendFrozen }, signal);
    const made = (await model.commit()).hash;
    if (frozenBytes > 0) return { model: made, frozen: (await frozen.commit()).hash };
    await frozen.abort();
    return { model: made };
  } catch (thrown) {
    await model.abort();
    await frozen.abort();
    throw thrown;
  }
}

/** A weights file that lies in one blob, or in several that follow one another. */
const fileOf = async (parts: readonly BlobHash[], blobs: Blobs): Promise<EarlierFile> => {
  const sizes = await Promise.all(parts.map(async (hash) => ({ hash, bytes: await blobs.size(hash) })));
  return {
    bytes: sizes.reduce((sum, { bytes }) => sum + bytes, 0),
    async *pieces() {
      for (const { hash, bytes } of sizes) {
        for (let offset = 0; offset < bytes; offset += blobChunkBytes) {
          yield await blobs.read(hash, offset, Math.min(blobChunkBytes, bytes - offset));
        }
      }
    },
  };
};

async function foldEvaluations(deed: Deed, { contract, blobs }: FoldMeans): Promise<StepOutput> {
  const released: ReleasedMetrics[] = [];
  const evaluations: Evaluation[] = [];
  for (const { site, hash, contract: under } of deed.contributions) {
    const terms = evaluationTerms(contract, { site, step: deed.id, contract: under }, needed(deed.model));
    const evaluation = readEvaluation(await wholeBlob(blobs, hash), terms);
    evaluations.push(evaluation);
    released.push(releasedOf(site, evaluation.report?.report ?? null));
  }
  return { ...poolEvaluations(evaluations, contract.runFile.model.classes), released };
}

/** A site's own figures as it released them. */
function releasedOf(site: SiteId, report: SiteReport | null): ReleasedMetrics {
  const shown = (value: Figure | null | undefined) => (typeof value === 'number' ? value : null);
  const scores = report?.measures.scores;
  const panels = report?.panels?.map(({ name, scores }) => ({
    ...{ name, accuracy: shown(scores.accuracy.value), macroF1: shown(scores.macroF1.value) },
  }));
  return {
    site,
    n: shown(report?.measures.n),
    loss: shown(scores?.loss.value),
    accuracy: shown(scores?.accuracy.value),
    macroF1: shown(scores?.macroF1.value),
    ...(panels && { panels }),
  };
}

const preparationOf = async (deed: Deed, blobs: Blobs): Promise<PreparationState> =>
  readPreparation(await wholeBlob(blobs, needed(deed.preparation)));

export const wholeBlob = async (blobs: Blobs, hash: BlobHash): Promise<Uint8Array> =>
  blobs.read(hash, 0, await blobs.size(hash));

function needed(hash: BlobHash | null): BlobHash {
  if (hash === null)
    throw new TypeError('a step that needs a model or a preparation comes after the one that makes it');
  return hash;
}
