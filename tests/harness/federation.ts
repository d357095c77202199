import { fold } from '@consilium/coordinator/aggregation';
import { poolEvaluations } from '@consilium/coordinator/conduct';
import {
  apply,
  currentStep,
  type Deed,
  decide,
  newRun,
  type RunInput,
  type RunState,
  type StepOutput,
  work,
  workFor,
} from '@consilium/coordinator/rounds';
import { memoryBlobs } from '@consilium/coordinator/store';
import { blueprintOf, type Family, families, initialWeights } from '@consilium/models/families';
import { type LabelledSamples, shapeOf } from '@consilium/models/samples';
import { type Model, readTensors } from '@consilium/models/training';
import {
  type Contract,
  contractHash,
  contributionOf,
  idOf,
  type RunFile,
  type Step,
  stageAt,
  stageOf,
  stagesOf,
} from '@consilium/shared/contract';
import { coded, toWire } from '@consilium/shared/errors';
import { type BlobHash, blobHash, type SiteId, type StepId, signature } from '@consilium/shared/ids';
import type { Evaluation } from '@consilium/shared/report';
import type { PreparationState } from '@consilium/shared/statistics';
import { decodeWeights, encodeWeights, type Weights } from '@consilium/shared/weights';
import type { SignedManifest, Work } from '@consilium/shared/wire';
import { samplesOfStage, stageSamples } from '@consilium/site-agent/data';
import { evaluateModel } from '@consilium/site-agent/evaluation';
import { assignLocal, loadWeights, trainStep } from '@consilium/site-agent/model';
import { unsignedContract } from './contract.js';

/** A hospital with its samples as preparation would leave them. */
export interface PreparedSite {
  readonly site: SiteId;
  readonly parts: Readonly<Record<'train' | 'validation' | 'test', LabelledSamples>>;
}

export interface Federated {
  /** As the coordinator's journal would tell the run. */
  readonly state: RunState;
  /** The pooled figures of the final test. */
  readonly test: StepOutput;
  /** The result, built for the last stage; dispose of it. */
  readonly model: Model;
  /** What each site sent last in a stage, and what stayed there: by stage, then by site. */
  readonly updates: readonly ReadonlyMap<SiteId, Weights>[];
  readonly carried: readonly ReadonlyMap<SiteId, Weights>[];
  /** What each stage ended with: its chosen model and what it did not train. */
  readonly stages: readonly { readonly model: Weights; readonly frozen: Weights | null }[];
}

/**
 * A whole run in this process, by the functions of the product: the coordinator's engine, its starting weights, its fold and its
 * pooling; the sites' training and judging. Without preparation, network and disk.
 * @param files text of those that the run file names
 */
export async function federate(
  run: RunFile,
  sites: readonly PreparedSite[],
  among: readonly Family[] = families,
  files: Readonly<Record<string, string>> = {},
): Promise<Federated> {
  const contract = unsignedContract(run, files);
  const { blobs, close } = memoryBlobs();
  const kept = new Map<string, Uint8Array>();
  const updates = stagesOf(run).map(() => new Map<SiteId, Weights>());
  const carried = stagesOf(run).map(() => new Map<SiteId, Weights>());
  const stages: { model: Weights; frozen: Weights | null }[] = [];
  const input = shapeOf(sites[0]!.parts.train);
  const preparation = stateOf(run, sites);
  const whole = async (hash: BlobHash) => blobs.read(hash, 0, await blobs.size(hash));
  const filesOf = async ({
    model,
    frozen,
  }: {
    readonly model: BlobHash | null;
    readonly frozen?: BlobHash | null;
  }) => ({
    model: await whole(model!),
    frozen: frozen ? await whole(frozen) : null,
  });
  const wanted = (stage: number) => ({
    ...run.model,
    ...{ classes: run.model.classes.length, input, stage: stageAt(run, stage).name },
  });

  let built: { readonly stage: number; readonly model: Model; readonly drawn: Float32Array } | null = null;
  async function modelOf(stage: number, site: SiteId | null, step: StepId | undefined): Promise<Model> {
    if (built?.stage !== stage) {
      built?.model.dispose();
      const { family, blueprint } = blueprintOf(wanted(stage), among);
      const model = family.build({ ...blueprint, seed: run.seed });
      built = { stage, model, drawn: await readTensors(model.local) };
    }
    assignLocal(built.model, built.drawn, kept.get(`${site} ${step}`) ?? null);
    return built.model;
  }

  let state = newRun(contract);
  const send = (given: RunInput): void => {
    state = decide(state, given).reduce(apply, state);
  };
  const evaluations = new Map<string, Evaluation>();

  async function contribute({ site, parts }: PreparedSite, step: Step, task: Work): Promise<BlobHash> {
    const stage = stageOf(step, run);
    if (stage === null) return hashOf(`${task.step} ${site}`);
    const model = await modelOf(stage.index, site, task.carried);
    const base = await filesOf(task);
    if (step.kind === 'train') {
      const place = { model, contract, site, step: task.step, stage, round: step.round };
      const given = { ...place, state: preparation, part: parts.train, base };
      const trained = await trainStep({ ...given, signal: new AbortController().signal, onProgress: () => {} });
      if (trained.carried !== null) {
        kept.set(`${site} ${task.step}`, trained.carried);
        carried[stage.index]!.set(site, decodeWeights(trained.carried));
      }
      updates[stage.index]!.set(site, decodeWeights(trained.update));
      return blobs.write(trained.update);
    }
    loadWeights(model, base, task.step);
    const partName = step.kind === 'test' ? 'test' : 'validation';
    const training = samplesOfStage(parts.train, run, stage);
    const part = step.kind === 'test' ? parts.test : samplesOfStage(parts.validation, run, stage);
    const { counts, beside } = await evaluateModel({
      ...{ model, part, training, partName, contract, site, step: task.step },
      ...{ modelHash: task.model!, features: preparation.features.length, synthetic: true, batchSize: stage.batchSize },
      counts: { read: 0, kept: 0, otherLabel: 0, quarantined: 0, missingFeatures: 0 },
      backend: { name: 'cpu', version: 'none', kind: 'cpu', device: 'none', threads: 1 },
      now: new Date(0),
    });
    evaluations.set(`${task.step} ${site}`, { salt: 'A'.repeat(22), counts, report: null, ...beside });
    return hashOf(`${task.step} ${site}`);
  }

  async function foldDeed(deed: Deed): Promise<StepOutput> {
    const { step, contributions } = deed;
    switch (step.kind) {
      case 'prepare':
        return { preparation: hashOf(deed.id), ...signedForStages(run, sites) };
      case 'initial': {
        const before = step.stage === 0 ? [] : [deed.model, deed.frozen].flatMap((hash) => hash ?? []);
        const earlier = await Promise.all(before.map(async (hash) => decodeWeights(await whole(hash))));
        const { shared, frozen } = initialWeights({ ...wanted(step.stage), seed: run.seed, earlier }, among);
        const model = await blobs.write(encodeWeights(shared));
        return frozen === null ? { model } : { model, frozen: await blobs.write(encodeWeights(frozen)) };
      }
      case 'train': {
        const { strategy } = run.training;
        const folded = await fold({ strategy, base: deed.model!, state: deed.strategyState, contributions, blobs });
        return { model: folded.hash, ...(folded.state !== null && { strategyState: folded.state }) };
      }
      case 'validate':
      case 'test':
        return poolEvaluations(
          contributions.map(({ site }) => evaluations.get(`${deed.id} ${site}`)!),
          run.model.classes,
        );
      default:
        return step satisfies never;
    }
  }

  const names = sites.map(({ site }) => site);
  send({
    kind: 'launch',
    contractHash: contractHash(contract),
    contractBlob: hashOf('contract'),
    sites: names,
    stepwise: false,
  });
  let test: StepOutput = {};
  while (state.phase === 'running') {
    const step = currentStep(state)!;
    for (const site of step.kind === 'initial' ? [] : sites) {
      const task = workFor(state, site.site, hashOf('journal'))!;
      const samples = samplesFor(run, step, site);
      if (samples === null) {
        const error = toWire(coded('CSM-COHORT-STAGE', { stage: '', minimum: run.validation.minimumCohort }));
        send({ kind: 'declined', site: site.site, step: task.step, excused: true, error });
        continue;
      }
      const hash = await contribute(site, step, task);
      const contribution = wordOf(contract, task, step, { site: site.site, samples, hash });
      send({ kind: 'contribution', site: site.site, contribution, error: null });
    }
    const deed = work(state);
    if (deed === null) throw new Error(`the run stands still at ${idOf(step)}`);
    if ((step.kind === 'initial' && step.stage > 0) || step.kind === 'test') {
      const { model, frozen } = await filesOf(deed);
      stages.push({ model: decodeWeights(model), frozen: frozen && decodeWeights(frozen) });
    }
    test = await foldDeed(deed);
    send({ kind: 'folded', step: deed.id, output: test });
  }
  const last = stages.length - 1;
  const model = await modelOf(last, null, undefined);
  const { model: shared, frozen } = stages[last]!;
  loadWeights(model, { model: encodeWeights(shared), frozen: frozen && encodeWeights(frozen) }, 'test');
  await close();
  return { state, test, model, updates, carried, stages };
}

/** What preparation would have left, as far as training reads it. */
const stateOf = (run: RunFile, sites: readonly PreparedSite[]): PreparationState => ({
  format: 'consilium-preparation-1',
  features: ['prepared'],
  classCounts: run.model.classes.map((_, label) =>
    sites.reduce((sum, { parts }) => sum + parts.train.y.filter((own) => own === label).length, 0),
  ),
  samples: sites.reduce((sum, { parts }) => sum + parts.train.rows, 0),
  scale: null,
});

/** Training samples that a site signs for a step; null where it has too few patients in the stage's groups. */
function samplesFor(run: RunFile, step: Step, { parts }: PreparedSite): number | null {
  const inStage = step.kind === 'train' || step.kind === 'validate' ? stageSamples(parts.train, run) : null;
  return inStage === null || !('stage' in step) ? parts.train.rows : (inStage[step.stage] ?? null);
}

/** What the cohort's statistics of all sites would say of each stage. */
function signedForStages(run: RunFile, sites: readonly PreparedSite[]): Pick<StepOutput, 'stageSamples'> {
  const signed: NonNullable<StepOutput['stageSamples']> = {};
  for (const { site, parts } of sites) {
    const samples = stageSamples(parts.train, run);
    if (samples !== null) signed[site] = [...samples];
  }
  return Object.keys(signed).length === 0 ? {} : { stageSamples: signed };
}

/** A site's word on what it sends. The engine believes it: signatures are checked before. */
const wordOf = (
  { consortium, run }: Contract,
  { contract, step, model }: Work,
  open: Step,
  { site, samples, hash }: { readonly site: SiteId; readonly samples: number; readonly hash: BlobHash },
): SignedManifest => ({
  manifest: {
    ...{ consortium, run, contract, step, site, base: model, hash, bytes: 1, samples },
    kind: contributionOf(open)!,
    codec: open.kind === 'train' ? 'f32' : 'json',
  },
  signature: signature.parse('s'.repeat(86)),
});

const hashOf = (text: string): BlobHash =>
  blobHash.parse(Buffer.from(text.padEnd(32, '.')).toString('hex').slice(-64).padStart(64, '0'));
