import { basename } from 'node:path';
import type { Identity } from '@consilium/shared/crypto';
import type { BlobHash, SiteId } from '@consilium/shared/ids';
import type { SiteHome } from '@consilium/site-agent/config';
import type { Connection } from '@consilium/site-agent/connection';
import type { Job } from '@consilium/site-agent/trainer';
import { openHospital } from '../harness/hospital.js';
import { lightTrainer } from '../harness/light-trainer.js';
import { type Decide, failingDisk, Killed, type Operation } from './failing-disk.js';

export interface MortalHospital {
  /**
   * All changes of its disk and turns of its work, in words that are the same at every site and in every run: what, of which file or
   * step, for the how-manieth time.
   */
  readonly moments: readonly string[];
  /** Those at which an agent died. */
  readonly deaths: readonly string[];
  /** What it did although it had done it: contributions that lay finished on its disk, bytes that the coordinator kept. */
  readonly again: readonly string[];
  close(): Promise<void>;
}

export interface MortalHospitalOptions {
  readonly site: SiteId;
  readonly code: string;
  readonly identity: Identity;
  readonly home: SiteHome;
  /** The moments at which an agent dies. */
  readonly deadly: ReadonlySet<string>;
}

/** Agents at one site, one after the other: when one has died, the next takes up what is on the disk. */
export function openMortalHospital({ deadly, ...place }: MortalHospitalOptions): MortalHospital {
  const times = new Map<string, number>();
  const moments: string[] = [];
  const deaths: string[] = [];
  const again: string[] = [];
  const finished = new Set<string>();
  const kept = new Set<BlobHash>();
  let closing = () => {};
  const closed = new Promise<void>((resolve) => {
    closing = resolve;
  });
  let isClosing = false;

  async function live(): Promise<void> {
    let isDead = false;
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    /** Dies here if it is to. */
    function pass(word: string): void {
      if (isDead) throw new Killed(false);
      const time = (times.get(word) ?? 0) + 1;
      times.set(word, time);
      const moment = `${word} ${time}`;
      moments.push(moment);
      if (!deadly.has(moment)) return;
      isDead = true;
      deaths.push(moment);
      end();
      throw new Killed(true);
    }
    const decide: Decide = (operation) => {
      const word = wordOf(operation);
      pass(word);
      const step = /^rename (\S+)\.manifest\.json$/.exec(word)?.[1];
      if (step !== undefined) finished.add(step);
    };
    const disk = failingDisk(decide);
    const onJob = (job: Job) => {
      const step = basename('output' in job ? job.output : job.step)
        .replace('.draft', '')
        .replaceAll(':', '-');
      pass(`begin ${step}`);
      if (finished.has(step)) again.push(`the work of ${step}`);
    };
    const between = (own: Connection): Connection => ({
      ...own,
      sendStatus(status) {
        if (!isDead) own.sendStatus(status);
      },
      async upload(blob, source, options) {
        pass(`upload ${blob.step}`);
        const read = (offset: number, length: number) => {
          if (isDead) throw new Killed(false);
          if (kept.has(blob.hash)) again.push(`bytes of ${blob.step}`);
          return source.read(offset, length);
        };
        await own.upload(blob, { ...source, read }, options);
        kept.add(blob.hash);
        pass(`uploaded ${blob.step}`);
      },
      async submit(contribution) {
        const { step } = contribution.manifest;
        pass(`submit ${step}`);
        const submitted = own.submit(contribution);
        submitted.catch(() => {});
        pass(`submitted ${step}`);
        const verdict = await submitted;
        pass(`verdict ${step}`);
        return verdict;
      },
    });
    try {
      const hospital = await openHospital({ ...place, disk, between, trainer: lightTrainer(disk, onJob) });
      await Promise.race([ended, closed]);
      isDead = true;
      await hospital.close();
    } catch (thrown) {
      if (!(thrown instanceof Killed)) throw thrown;
    }
  }

  const lives = (async () => {
    while (!isClosing) await live();
  })();
  lives.catch(() => {});

  return {
    ...{ moments, deaths, again },
    async close() {
      isClosing = true;
      closing();
      await lives;
    },
  };
}

/** A change of a site's disk, in words that are the same at every site and in every run: what, of which file. */
export const wordOf = ({ name, path }: Operation): string =>
  `${name} ${basename(path)
    .replace(/[0-9a-f]{64}/, 'BLOB')
    .replace(/[0-9a-f]{32}/, 'RUN')
    .replace(/\.[0-9a-f]{8}\.part/, '.PART')}`;
