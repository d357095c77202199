import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Coordinator, startCoordinator } from '@consilium/coordinator/coordinator';
import { type Disk, realDisk } from '@consilium/coordinator/store';
import { expect, it } from 'vitest';
import { openConsortium } from './harness/consortium.js';

const limitMs = 300_000;

it(
  'a coordinator lets its sites in while it still removes what is left over',
  async () => {
    let letGo: () => void = () => {};
    let held: Promise<void> = Promise.resolve();
    const readSlowly = async (...given: Parameters<Disk['readdir']>) => {
      if (String(given[0]).endsWith('spools')) await held;
      return realDisk.readdir(...given);
    };
    const disk: Disk = { ...realDisk, readdir: readSlowly as Disk['readdir'] };
    const start = (options: Parameters<typeof startCoordinator>[0]): Promise<Coordinator> =>
      startCoordinator(options, { disk });
    await using consortium = await openConsortium({ start });
    const left = join(consortium.home, 'blobs', 'blobs', 'ab');
    await mkdir(left, { recursive: true });
    await writeFile(join(left, 'ab'.repeat(32)), 'left over');
    held = new Promise((resolve) => {
      letGo = resolve;
    });
    await consortium.restart();
    await consortium.join('hospital-a');
    expect(await readdir(left)).toHaveLength(1);
    letGo();
    // It closes when all that is under way has ended.
    await consortium.restart();
    expect(await readdir(left)).toEqual([]);
  },
  limitMs,
);
