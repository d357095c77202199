import type { BlobHash } from '@consilium/shared/ids';
import { journalLine } from '@consilium/shared/journal';
import { currentStepId, inOrder, resultOf } from '../rounds/index.js';
import type { Blobs, Store } from '../store/index.js';
import type { Conductor } from './conductor.js';
import { wholeBlob } from './fold-step.js';
import type { Exported, ExportedBlob, KeptBlob } from './view.js';

/** Everything of a run that the lead takes away. */
export async function exportOf({ state }: Conductor, store: Store, blobs: Blobs): Promise<Exported> {
  const model = resultOf(state);
  const tested = currentStepId(state) === 'test' ? inOrder(state.accepted) : [];
  return {
    contract: await wholeBlob(blobs, state.contractBlob!),
    model: model && (await blobOf(model, blobs)),
    frozen: state.frozen && (await blobOf(state.frozen, blobs)),
    preparation: state.preparation && (await wholeBlob(blobs, state.preparation)),
    async *journal() {
      for await (const record of store.records(state.contract.run)) yield Buffer.from(journalLine(record)).toString();
    },
    reports: tested.map((manifest) => ({ manifest, read: () => wholeBlob(blobs, manifest.hash) })),
  };
}

/** What a run keeps to have its rounds folded again; each blob once. */
export async function keptOf({ state }: Conductor, blobs: Blobs): Promise<readonly KeptBlob[]> {
  const kept = new Map<BlobHash, KeptBlob>();
  for (const { step, models, updates } of state.kept) {
    for (const { hash, site } of [...models.map((hash) => ({ hash, site: null })), ...updates]) {
      // The run may have gone on meanwhile.
      if (kept.has(hash) || !(await blobs.has(hash))) continue;
      kept.set(hash, { ...(await blobOf(hash, blobs)), hash, step, site });
    }
  }
  return [...kept.values()];
}

const blobOf = async (hash: BlobHash, blobs: Blobs): Promise<ExportedBlob> => ({
  hash,
  bytes: await blobs.size(hash),
  read: (offset, length) => blobs.read(hash, offset, length),
});
