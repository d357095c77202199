import { open, readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { type BackendInfo, useBackend } from '@consilium/models/backend';
import { shapeOf } from '@consilium/models/samples';
import { calibrate, type Model, type Progress, predict, readTensors } from '@consilium/models/training';
import { caveatOf, type InputShape, type Stage, stageAt, stagesOf } from '@consilium/shared/contract';
import { CodedError, fail } from '@consilium/shared/errors';
import { joined } from '@consilium/shared/exported';
import { localOnly } from '@consilium/shared/report';
import { type PreparationState, readPreparation } from '@consilium/shared/statistics';
import { layoutElements } from '@consilium/shared/weights';
import { withDisk } from '../config/index.js';
import { type Dataset, loadDataset, type Part, samplesOfStage } from '../data/index.js';
import { evaluateModel, type Rival, saysSynthetic } from '../evaluation/index.js';
import {
  type AloneOptions,
  assignLocal,
  buildModel,
  checkInput,
  codeUpdate,
  encodeOnward,
  loadWeights,
  onwardPart,
  readCarried,
  readCommon,
  sealCarried,
  trainAlone,
  trainStep,
  type Variates,
  type WeightFiles,
} from '../model/index.js';
import { applyPreparation, commonFeatures, type Prepared, prepare } from '../preparation/index.js';
import type { Job, JobResult, Setting } from './messages.js';
import { askPrevious } from './previous-model.js';

export interface JobContext {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

/** Where one run's work is done at one site: reads the cohort once, builds the model once, then does job after job. */
export interface Workshop {
  readonly backend: BackendInfo;
  /** One job at a time. @throws the coded error of data, model or training; the signal's reason */
  run(job: Job, context: JobContext): Promise<JobResult>;
}

interface Built {
  readonly plan: string;
  readonly model: Model;
  /** Its local tensors before any training. */
  readonly drawn: Float32Array;
}

interface Ready {
  readonly state: PreparationState;
  readonly dataset: Dataset;
  readonly prepared: Prepared;
}

/** @throws CSM-BACKEND-* */
export async function openWorkshop({ contract, site, data, backend: choice, device }: Setting): Promise<Workshop> {
  const backend = await useBackend(choice, { device });
  const synthetic = data.synthetic || (await saysSynthetic(data, contract));
  let read: { readonly common: readonly string[] | null; readonly dataset: Dataset } | null = null;
  let ready: (Ready & { readonly path: string }) | null = null;
  let built: Built | null = null;

  /** The cohort as it lies in the site's files; read once more when all sites' features are known, where values depend on them. */
  async function cohort(state: PreparationState | null, signal: AbortSignal): Promise<Dataset> {
    const { directory, files, rows } = data;
    const common = state && commonFeatures(contract, state);
    if (read !== null && isDeepStrictEqual(read.common, common)) return read.dataset;
    const source = { directory, contract, signal, ...(files && { files }), ...(rows && { rows }) };
    read = { common, dataset: await loadDataset({ ...source, ...(common && { common }) }) };
    return read.dataset;
  }

  /** The cohort as the model takes it; kept until another preparation is named. */
  async function prepared(path: string, signal: AbortSignal): Promise<Ready> {
    if (ready?.path === path) return ready;
    const state = readPreparation(await readFile(path));
    const dataset = await cohort(state, signal);
    ready = { path, state, dataset, prepared: applyPreparation(dataset, state, contract.runFile) };
    return ready;
  }

  /** The model of a stage with this site's own tensors of an earlier round. It is built once a stage. */
  async function modelFor(input: InputShape, { name }: Stage, carried: Uint8Array | null): Promise<Model> {
    const plan = JSON.stringify([name, input]);
    if (built?.plan !== plan) {
      built?.model.dispose();
      built = null;
      const model = buildModel(contract, input, name);
      built = { plan, model, drawn: await readTensors(model.local) };
    }
    assignLocal(built.model, built.drawn, carried);
    return built.model;
  }

  /** This site's training samples of a stage; null where too few patients stand behind them. */
  function trainingOf(stage: Stage, training: Part): Part | null {
    const { runFile } = contract;
    const own = samplesOfStage(training, runFile, stage);
    return new Set(own.patients).size < runFile.validation.minimumCohort ? null : own;
  }

  /** What the strategy corrects gradients by; null where it corrects none. A site that has no variate of its own starts at zero. */
  async function variatesOf(
    { control, stage, step }: Extract<Job, { kind: 'train' }>,
    model: Model,
    onward: Uint8Array | null,
  ): Promise<Variates | null> {
    if (contract.runFile.training.strategy.name !== 'scaffold') return null;
    const common = readCommon(model, control === null ? null : await readFile(control), step);
    const elements = layoutElements(model.shared.layout);
    return { common, own: onwardPart(onward, ownVariate, { stage, elements }) };
  }

  const refuseStage = ({ name }: Stage): never =>
    fail('CSM-COHORT-STAGE', { stage: name, minimum: contract.runFile.validation.minimumCohort });

  async function work(job: Job, { signal, onProgress }: JobContext): Promise<JobResult> {
    switch (job.kind) {
      case 'prepare': {
        const state = job.preparation === null ? null : readPreparation(await readFile(job.preparation));
        const dataset = await cohort(state, signal);
        const { name, pass, salt } = job;
        await writeDraft(job.output, prepare(name, { dataset, contract, state, pass, salt }));
        return { kind: 'prepare', ...sizeOf(dataset.parts.train) };
      }
      case 'train': {
        const { state, prepared: ours } = await prepared(job.preparation, signal);
        const part = ours.parts.train;
        const { step, round } = job;
        const stage = stageAt(contract.runFile, job.stage);
        const own = sizeOf(trainingOf(stage, part) ?? refuseStage(stage));
        checkInput(contract, part, stage.name);
        const base = await filesOf(job);
        const model = await modelFor(shapeOf(part), stage, await carriedIn(job));
        const given = { model, contract, site, step, stage, round, state, part, base };
        const onward = job.onward === null ? null : await readCarried(job.onward);
        const variates = await variatesOf(job, model, onward);
        const trained = await trainStep({ ...given, ...(variates && { variates }), signal, onProgress });
        const coded = codeUpdate({
          ...{ run: contract.runFile, stage: stage.index },
          ...{ base: base.model, trained: trained.update, onward },
        });
        if (trained.carried !== null) await writeDraft(job.carriedOutput, sealCarried(trained.carried));
        // No run has both: the contract refuses coded updates beside control variates.
        const left = trained.variate ? encodeOnward({ [ownVariate]: trained.variate }, stage.index) : coded.onward;
        if (left !== null) await writeDraft(job.onwardOutput, sealCarried(left));
        await writeDraft(job.output, coded.update);
        return { kind: 'train', ...own, meanLoss: trained.meanLoss, batches: trained.batches };
      }
      case 'evaluate': {
        const { state, dataset, prepared: ours } = await prepared(job.preparation, signal);
        const stage = stageAt(contract.runFile, job.stage);
        const training = trainingOf(stage, ours.parts.train);
        const isTest = job.part === 'test';
        // The stage's groups choose its model; in the end all groups are judged.
        const part = isTest ? ours.parts.test : samplesOfStage(ours.parts.validation, contract.runFile, stage);
        const own = sizeOf(isTest ? ours.parts.train : (training ?? refuseStage(stage)));
        checkInput(contract, part, stage.name);
        const carried = await carriedIn(job);
        const model = await modelFor(shapeOf(part), stage, carried);
        loadWeights(model, await filesOf(job), job.step);
        // A site that trained no round of this stage has no averages of its own yet.
        if (carried === null && model.local.layout.length > 0) {
          const samples = training ?? refuseStage(stage);
          await calibrate({ model, samples, batchSize: stage.batchSize, seed: contract.runFile.seed });
        }
        const { alone = false, minimumCell } = contract.runFile.validation;
        // Nothing is told of fewer patients: there is no use in training for them.
        const told = isTest && model.classify !== null && new Set(part.patients).size >= minimumCell;
        const rivals = [
          ...(alone && told ? [await besideAlone({ state, parts: ours.parts, signal, onProgress })] : []),
          ...(told && job.previous.length > 0 ? [await besidePrevious(job.previous, dataset.ids.test, signal)] : []),
        ];
        const judged = await evaluateModel({
          rivals: rivals.flatMap(({ rival }) => rival ?? []),
          notes: rivals.flatMap(({ note }) => note ?? []),
          model,
          part,
          training,
          contract,
          site,
          step: job.step,
          partName: job.part,
          modelHash: job.modelHash,
          counts: dataset.counts,
          ...(isTest && { validation: samplesOfStage(ours.parts.validation, contract.runFile, stage) }),
          ...(dataset.stated && { stated: dataset.stated[job.part] }),
          features: state.features.length,
          backend,
          synthetic,
          batchSize: stage.batchSize,
          now: new Date(job.now),
          caveat: caveatOf(contract.runFile),
        });
        const { counts, report, beside } = judged;
        return { kind: 'evaluate', ...own, counts, report, beside };
      }
      default:
        return job satisfies never;
    }
  }

  /** What this site's own model says of its test samples. Where its training fails, the report says so instead. */
  async function besideAlone({
    parts,
    ...given
  }: Pick<AloneOptions, 'state' | 'parts' | 'signal' | 'onProgress'>): Promise<Beside> {
    try {
      const model = await trainAlone({ ...given, contract, site, parts });
      try {
        const stage = stageAt(contract.runFile, stagesOf(contract.runFile).length - 1);
        const reference = samplesOfStage(parts.train, contract.runFile, stage);
        const probabilities = await predict({ model, samples: parts.test, reference, batchSize: stage.batchSize });
        return { rival: { name: localOnly, probabilities } };
      } finally {
        model.dispose();
      }
    } catch (thrown) {
      return { note: `This site alone could not train a model to hold against the common one (${codeOf(thrown)}).` };
    }
  }

  /** What the result of an earlier run says of this site's test samples; where it cannot be asked, the report says so instead. */
  async function besidePrevious(
    paths: readonly string[],
    ids: readonly string[],
    signal: AbortSignal,
  ): Promise<Beside> {
    const file = joined(await Promise.all(paths.map((path) => readFile(path))));
    try {
      return await askPrevious({ file, contract, data, ids, signal });
    } catch (thrown) {
      signal.throwIfAborted();
      const code = codeOf(thrown);
      const why = thrown instanceof CodedError && code === 'CSM-RUNFILE-PREVIOUS' ? `: ${thrown.message}` : '.';
      return { note: `The earlier model was not judged on the samples of this site (${code})${why}` };
    }
  }

  return { backend, run: work };
}

/** Under this name a site keeps its control variate for the next round. */
const ownVariate = 'control';

/** Another model of the test samples, or why there is none. */
interface Beside {
  readonly rival?: Rival;
  readonly note?: string;
}

/** @throws what is no coded fault of a model */
function codeOf(thrown: unknown): string {
  if (!(thrown instanceof CodedError)) throw thrown;
  return thrown.code;
}

const carriedIn = ({ carried }: { readonly carried: string | null }): Promise<Uint8Array | null> =>
  carried === null ? Promise.resolve(null) : readCarried(carried);

const filesOf = async ({ model, frozen }: { model: string; frozen: string | null }): Promise<WeightFiles> => ({
  model: await readFile(model),
  frozen: frozen === null ? null : await readFile(frozen),
});

const sizeOf = ({ rows, patients }: Part) => ({ samples: rows, patients: new Set(patients).size });

/** Writes a job's result, on the disk when this resolves. Its name is given by the agent. */
const writeDraft = (path: string, bytes: Uint8Array): Promise<void> =>
  withDisk(path, async () => {
    const file = await open(path, 'w', 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
  });
