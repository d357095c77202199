import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalBytes, sha256 } from '@consilium/shared/canonical';
import { type Contract, contributionOf, type Step, stageOf } from '@consilium/shared/contract';
import { type Identity, sign } from '@consilium/shared/crypto';
import { fail } from '@consilium/shared/errors';
import type { SiteId } from '@consilium/shared/ids';
import { encodeEvaluation, signReport, siteReport } from '@consilium/shared/report';
import {
  type ContributionManifest,
  manifestDomain,
  type SiteActivity,
  type SiteStatus,
  type Work,
} from '@consilium/shared/wire';
import { writeWhole } from '../config/index.js';
import { writeReport } from '../reports/index.js';
import type { Job, JobResult, Trainer, TrainerProgress } from '../trainer/index.js';
import type { Kept, RunFolder } from './run-folder.js';

/** Who signs. */
export interface Author {
  readonly site: SiteId;
  readonly identity: Identity;
  readonly reports: string;
  readonly now: () => Date;
}

/** A step to do, with what it needs on this disk. */
export interface Task {
  readonly work: Work;
  readonly step: Step;
  readonly contract: Contract;
  readonly folder: RunFolder;
  /** Paths of the fetched model, of what its stage does not train, and of the preparation state. */
  readonly model: string | null;
  readonly frozen: string | null;
  readonly preparation: string | null;
  /** Paths of the pieces of the earlier model that is judged beside; none but in a test. */
  readonly previous: readonly string[];
  readonly trainer: Trainer;
  readonly say: (activity: SiteActivity, progress?: SiteStatus['progress']) => void;
  readonly signal: AbortSignal;
}

const saltBytes = 16;

/**
 * Has a step done by the trainer, signs what came of it and keeps both on the disk. From then on it is sent again as it is,
 * never made anew.
 * @throws the coded faults of data, model and trainer; CSM-AGENT-DISK; the signal's reason
 */
export async function contribute(task: Task, author: Author): Promise<Kept> {
  const { work, step, folder, trainer, signal, say } = task;
  say(activityOf(step));
  const result = await trainer.run(jobOf(task, author.now()), {
    signal,
    onProgress: (progress) => say(activityOf(step), shown(progress)),
  });
  if (result.kind === 'evaluate') await writeEvaluation(result, task, author);
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
    codec: kind === 'update' ? 'f32' : 'json',
    samples: result.samples,
    hash: sha256(bytes),
    bytes: bytes.length,
  };
  const signature = sign(author.identity, manifestDomain, canonicalBytes(manifest));
  return folder.keep({ manifest, signature }, result.patients);
}

function jobOf({ work, step, folder, contract, model, frozen, preparation, previous }: Task, now: Date): Job {
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
        carried,
        preparation: needed(preparation),
        output,
        carriedOutput: folder.carriedDraft(work.step),
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
  { work, step, folder }: Task,
  { identity, reports }: Author,
): Promise<void> {
  const signed = report && signReport(siteReport.parse(report), (domain, bytes) => sign(identity, domain, bytes));
  if (signed !== null && step.kind === 'test') await writeReport(join(reports, work.run), 'test', signed);
  await writeWhole(folder.draft(work.step), encodeEvaluation({ salt: salt(), counts, report: signed, ...beside }));
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
