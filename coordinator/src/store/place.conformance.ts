import { sha256 } from '@consilium/shared/canonical';
import { type BlobHash, runId, siteId, stepId } from '@consilium/shared/ids';
import { afterEach, beforeEach } from 'vitest';
import type { BlobPlace, SpoolClaim } from './blobs.js';

/** A place under test that can be closed and opened again as after a restart. */
export interface TestPlace {
  readonly place: BlobPlace;
  reopen(): Promise<BlobPlace>;
  remove(): Promise<void>;
}

/** Bytes without a pattern that chunks share. */
export function someBytes(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

export const owner = {
  site: siteId.parse('north'),
  run: runId.parse('ab'.repeat(16)),
  step: stepId.parse('train:0:3'),
};

export const claimOf = (bytes: Uint8Array, changes: Partial<SpoolClaim> = {}): SpoolClaim => ({
  ...owner,
  hash: sha256(bytes),
  bytes: bytes.length,
  ...changes,
});

/** A place for each test of a suite, which is removed after it. */
export function eachPlace(make: () => Promise<TestPlace>) {
  let test: TestPlace;
  let place: BlobPlace;
  beforeEach(async () => {
    test = await make();
    place = test.place;
  });
  afterEach(() => test.remove());
  return {
    get blobs() {
      return place.blobs;
    },
    get spools() {
      return place.spools;
    },
    async reopen() {
      place = await test.reopen();
    },
    whole: async (hash: BlobHash) => place.blobs.read(hash, 0, await place.blobs.size(hash)),
  };
}
