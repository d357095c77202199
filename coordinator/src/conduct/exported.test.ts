import type { BlobHash } from '@consilium/shared/ids';
import { expect, it } from 'vitest';
import { drive, until } from '../rounds/testing/drive.js';
import type { Blobs, Store } from '../store/index.js';
import type { Conductor } from './conductor.js';
import { exportOf } from './exported.js';

it('an export reads no report of a site before it is asked for', async () => {
  const run = drive();
  until(run, 'test');
  run.step();
  expect(run.state().accepted.size).toBe(3);
  const touched: BlobHash[] = [];
  const content = Buffer.from('{}');
  const blobs = {
    size: async () => content.length,
    async read(hash: BlobHash) {
      touched.push(hash);
      return content;
    },
  };
  const { state } = run;
  const { reports } = await exportOf({ state: state() } as Conductor, {} as Store, blobs as unknown as Blobs);
  const sent = reports.map(({ manifest }) => manifest.hash);
  expect(touched.filter((hash) => sent.includes(hash))).toEqual([]);
  expect(await reports[1]!.read()).toEqual(content);
  expect(touched.filter((hash) => sent.includes(hash))).toEqual([sent[1]]);
});
