import { readFile } from 'node:fs/promises';
import { canonicalHash } from '@consilium/shared/canonical';
import type { Step } from '@consilium/shared/contract';
import { type Disk, readIfThere, withDisk } from '@consilium/site-agent/config';
import type { Job, JobResult, Trainer, TrainerOptions } from '@consilium/site-agent/trainer';
import { countsOfRound, honest } from './light-site.js';

const samples = 40;

/**
 * Stands in for the child that trains: the same bytes at every try, written as the child writes them, and no training. What a round
 * gives depends on all that the rounds before left at the site: a file that is lost makes another model.
 * @param onJob is told each job as it begins
 */
export const lightTrainer =
  (disk: Disk, onJob: (job: Job) => Promise<void> | void = () => {}) =>
  ({ setting: { contract, site } }: TrainerOptions): Trainer => {
    const bytesOf = async (path: string | null) => (path === null ? null : readFile(path));

    const write = (path: string, bytes: Uint8Array): Promise<void> =>
      withDisk(path, async () => {
        const file = await disk.open(path, 'w', 0o600);
        try {
          await file.writeFile(bytes);
          await file.sync();
        } finally {
          await file.close();
        }
      });

    async function contribution(job: Job, step: Step): Promise<Uint8Array> {
      const model = await bytesOf('model' in job ? job.model : null);
      const preparation = await bytesOf(job.preparation);
      const carried = job.kind === 'train' ? await carriedBy(job) : null;
      return honest({ site, step, contract, model, preparation, samples, carried });
    }

    /** What earlier rounds left here for this one, as one hash. */
    async function carriedBy({ carried, onward }: Extract<Job, { kind: 'train' }>): Promise<string> {
      const texts = [];
      for (const path of [carried, onward]) {
        const bytes = path === null ? null : await readIfThere(path);
        texts.push(bytes && Buffer.from(bytes).toString('utf8'));
      }
      return canonicalHash(texts);
    }

    async function done(job: Job): Promise<JobResult> {
      const cohort = { samples, patients: samples };
      switch (job.kind) {
        case 'prepare': {
          const { name, pass } = job;
          await write(job.output, await contribution(job, { kind: 'prepare', name, pass }));
          return { kind: 'prepare', ...cohort };
        }
        case 'train': {
          const { stage, round } = job;
          const carried = await carriedBy(job);
          for (const [path, kind] of [
            [job.carriedOutput, 'carried'],
            [job.onwardOutput, 'onward'],
          ] as const) {
            await write(path, Buffer.from(`${kind} of ${job.step} at ${site}, which began with ${carried}`));
          }
          await write(job.output, await contribution(job, { kind: 'train', stage, round }));
          return { kind: 'train', ...cohort, meanLoss: 0, batches: 1 };
        }
        case 'evaluate': {
          const round = job.part === 'test' ? 0 : Number(job.step.split(':').at(-1));
          const counts = countsOfRound(round, contract.runFile.model.classes.length);
          return { kind: 'evaluate', ...cohort, counts, report: null, beside: {} };
        }
        default:
          return job satisfies never;
      }
    }

    return {
      async run(job, { signal }) {
        signal.throwIfAborted();
        await onJob(job);
        return done(job);
      },
      pid: () => undefined,
      close: async () => {},
    };
  };
