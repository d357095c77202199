import { readFile } from 'node:fs/promises';
import type { Step } from '@consilium/shared/contract';
import { type Disk, withDisk } from '@consilium/site-agent/config';
import type { Job, JobResult, Trainer, TrainerOptions } from '@consilium/site-agent/trainer';
import { evenCounts, honest } from './light-site.js';

const samples = 40;

/** What a light trainer keeps of a round at its site, told from all others. */
export const carriedText = (site: string, step: string): string => `what ${site} keeps of ${step}`;

/**
 * Stands in for the child that trains: the same bytes at every try, written as the child writes them, and no training.
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
      return honest({ site, step, contract, model, preparation, samples });
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
          await write(job.carriedOutput, Buffer.from(carriedText(site, job.step)));
          await write(job.output, await contribution(job, { kind: 'train', stage, round }));
          return { kind: 'train', ...cohort, meanLoss: 0, batches: 1 };
        }
        case 'evaluate': {
          const counts = evenCounts(contract.runFile.model.classes.length);
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
