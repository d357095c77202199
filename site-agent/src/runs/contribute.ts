import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalBytes, sha256 } from '@consilium/shared/canonical';
import { type Contract, contributionOf, type Step, stageOf, updateSettings } from '@consilium/shared/contract';
import { type Identity, sign } from '@consilium/shared/crypto';
import { fail } from '@consilium/shared/errors';
import type { SiteId } from '@consilium/shared/ids';
import { encodeEvaluation, signReport, siteReport } from '@consilium/shared/report';
import {
  type ContributionManifest,
  type Log,
  manifestDomain,
  type SignedManifest,
  type SiteActivity,
  type SiteStatus,
  type Work,
} from '@consilium/shared/wire';
import { type Disk, writeWhole } from '../config/index.js';
import { writeReport } from '../reports/index.js';
import type { Job, JobResult, Trainer, TrainerProgress } from '../trainer/index.js';
import { missingOf } from './missing.js';
import type { Kept, RunFolder } from './run-folder.js';
import { notesOfWithout, noteWithout, takenPart } from './turnout.js';

/** Who signs. */
export interface Author {
  readonly site: SiteId;
  /** The site's key: another one, once the lead has certified it. */
  readonly identity: () => Identity;
  readonly reports: string;
  readonly now: () => Date;
  readonly disk: Disk;
  readonly log: Log;
}

/** A step to do, with what it needs on this disk. */
export interface Task {
  readonly work: Work;
  readonly step: Step;
  readonly contract: Contract;
  readonly folder: RunFolder;
  /** Paths of the fetched model, of what its stage does not train, of what the strategy has sites train by, and of the preparation state. */
  readonly model: string | null;
  readonly frozen: string | null;
  readonly control: string | null;
  readonly preparation: string | null;
  /** Paths of the pieces of the earlier model that is judged beside; none but in a test. */
  readonly previous: readonly string[];
  readonly trainer: Trainer;
  readonly say: (activity: SiteActivity, progress?: SiteStatus['progress']) => void;
  readonly signal: AbortSignal;
}

const saltBytes = 16;
/** Sentences that this adds to a report. */
const maxNotes = 10;
const judgedWithout =
  'The model was judged without the tensors that stay at this site: they had been kept and are gone from its disk.';

/**
 * Has a step done by the trainer, signs what came of it and keeps both on the disk. From then on it is sent again as it is,
 * never made anew.
 * @throws the coded faults of data, model and trainer; CSM-AGENT-DISK; the signal's reason
 */
export async function contribute(task: Task, author: Author): Promise<Kept> {
  const { work, step, folder, trainer, signal, say } = task;
  const missing = await missingOf(work, step, task.contract, folder);
  for (const file of missing) {
    author.log.warn(
      { run: work.run, step: work.step, file },
      'what this site had kept is gone: the step is done without',
    );
  }
  say(activityOf(step));
  const result = await trainer.run(jobOf(task, author.now()), {
    signal,
    onProgress: (progress) => say(activityOf(step), shown(progress)),
  });
  const identity = author.identity();
  if (missing.length > 0) await noteWithout(folder.folder, step, author.disk);
  if (result.kind === 'evaluate') await writeEvaluation(result, task, missing, { ...author, identity: () => identity });
  const bytes = await readFile(folder.draft(work.step));
  const kind = contributionOf(step) ?? fail('CSM-AGENT-STEP-UNKNOWN', work);
  const manifest: ContributionManifest = {
    consortium: task.contract.consortium,
    run: work.run,
    contract: work.contract,
    step: work.step,
    site: author.site,
    base: work.model,
    kind,
    codec: kind === 'update' ? updateSettings(task.contract.runFile).codec : 'json',
    samples: result.samples,
    hash: sha256(bytes),
    bytes: bytes.length,
  };
  return folder.keep(signed(manifest, identity), result.patients);
}

export const signed = (manifest: ContributionManifest, identity: Identity): SignedManifest => ({
  manifest,
  signature: sign(identity, manifestDomain, canonicalBytes(manifest)),
});

function jobOf(task: Task, now: Date): Job {
  const { work, step, folder, contract, model, frozen, control, preparation, previous } = task;
  const output = folder.draft(work.step);
  const carried = work.carried === undefined ? null : folder.carried(work.carried);
  // A coordinator that names neither model nor preparation asks for something that is no such step.
  const needed = (path: string | null): string => path ?? fail('CSM-AGENT-STEP-UNKNOWN', work);
  switch (step.kind) {
    case 'prepare':
      return { kind: 'prepare', name: step.name, pass: step.pass, preparation, salt: salt(), output };
    case 'train':
      return {
        kind: 'train',
        step: work.step,
        stage: step.stage,
        round: step.round,
        model: needed(model),
        frozen,
        control,
        carried,
        onward: work.carried === undefined ? null : folder.onward(work.carried),
        preparation: needed(preparation),
        output,
        carriedOutput: folder.carriedDraft(work.step),
        onwardOutput: folder.onwardDraft(work.step),
      };
    case 'validate':
    case 'test':
      return {
        kind: 'evaluate',
        step: work.step,
        stage: stageOf(step, contract.runFile)?.index ?? 0,
        part: step.kind === 'test' ? 'test' : 'validation',
        model: needed(model),
        frozen,
        carried,
        modelHash: work.model ?? fail('CSM-AGENT-STEP-UNKNOWN', work),
        previous: [...previous],
        preparation: needed(preparation),
        now: now.toISOString(),
      };
    case 'initial':
      return fail('CSM-AGENT-STEP-UNKNOWN', work);
    default:
      return step satisfies never;
  }
}

/** The evaluation's blob; the final report also lies in this hospital's own folder, to be read. */
async function writeEvaluation(
  { counts, report, beside }: Extract<JobResult, { kind: 'evaluate' }>,
  { work, step, contract, folder }: Task,
  missing: readonly string[],
  { identity, reports, disk }: Author,
): Promise<void> {
  const turnout = step.kind === 'test' ? { takenPart: await takenPart(folder.folder, contract) } : {};
  const notes = [
    ...(missing.length > 0 ? [judgedWithout] : []),
    ...(await notesOfWithout(folder.folder, contract)),
  ].slice(0, maxNotes);
  const found = report === null ? null : siteReport.parse(report);
  const own =
    found &&
    signReport({ ...found, notes: [...found.notes, ...notes], ...turnout }, (domain, bytes) =>
      sign(identity(), domain, bytes),
    );
  if (own !== null && step.kind === 'test') await writeReport(join(reports, work.run), 'test', own, disk);
  await writeWhole(folder.draft(work.step), encodeEvaluation({ salt: salt(), counts, report: own, ...beside }), disk);
}

const salt = (): string => randomBytes(saltBytes).toString('base64url');

function activityOf({ kind }: Step): SiteActivity {
  if (kind === 'prepare') return 'preparing';
  return kind === 'train' ? 'training' : 'evaluating';
}

const shown = ({ epoch, done, total, epochLoss }: TrainerProgress): SiteStatus['progress'] => ({
  done,
  total,
  unit: 'batches',
  epoch,
  ...(epochLoss !== null && { loss: epochLoss }),
});
