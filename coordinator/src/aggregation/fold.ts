import { setImmediate } from 'node:timers/promises';
import type { BlobHash } from '@consilium/shared/ids';
import { layoutElements } from '@consilium/shared/weights';
import type { AggregationBlobs } from './blobs.js';
import { bestKernel, type Kernel } from './kernels/index.js';
import { foldMovingAverages } from './statistics.js';
import { type Contribution, type Strategy, type StrategyName, strategies } from './strategies/index.js';
import { openUpdate, readForm, tileElements, tilesOf } from './tiles.js';

export interface Fold {
  readonly strategy: StrategyName;
  /** The model that every update started from. */
  readonly base: BlobHash;
  /** Accepted updates, in any order. */
  readonly contributions: readonly Contribution[];
  readonly blobs: AggregationBlobs;
  readonly kernel?: Kernel;
  readonly signal?: AbortSignal | undefined;
}

export interface Folded {
  /** The next model's blob. */
  readonly hash: BlobHash;
  readonly bytes: number;
  /** Training samples behind it. */
  readonly samples: number;
}

/**
 * Makes the next model of the accepted updates and writes it to the blobs, under the base's own header: weights by the strategy,
 * moving averages of batch normalisations as those of all sites' rows together.
 * The same bits whatever the order given and whichever the kernel; memory for a few tiles of 1 MiB, however large the
 * model and however many the sites. The event loop runs between tiles. An aborted or failed fold leaves no blob.
 * @throws CSM-UPDATE-LAYOUT, CSM-UPDATE-SIZE when an update is not of the base's form; CSM-WEIGHTS-LAYOUT; the signal's reason
 */
export async function fold({ strategy, base, contributions, blobs, kernel, signal }: Fold): Promise<Folded> {
  const ordered = canonicalOrder(contributions);
  const form = await readForm(blobs, base);
  const updates = await Promise.all(ordered.map((contribution) => openUpdate(blobs, form, contribution)));
  const chosen: Strategy = strategies[strategy];
  const mostElements = Math.min(tileElements, layoutElements(form.layout));
  const pass = chosen.begin(ordered, { kernel: kernel ?? bestKernel(), tileElements: mostElements });

  const sources = ordered.map(({ samples }, index) => ({ samples, read: updates[index]! }));
  const writeMovingAverages = await foldMovingAverages(form, sources, signal);

  signal?.throwIfAborted();
  const writer = blobs.writer();
  const next = new Float32Array(mostElements);
  try {
    await writer.append(form.header);
    for (const tile of tilesOf(form)) {
      pass.open();
      for (const [index, read] of updates.entries()) {
        signal?.throwIfAborted();
        pass.add(index, await read(tile));
      }
      pass.close(next.subarray(0, tile.elements));
      writeMovingAverages(tile, next);
      await writer.append(new Uint8Array(next.buffer, 0, tile.length));
      await setImmediate();
    }
    signal?.throwIfAborted();
    const samples = ordered.reduce((sum, contribution) => sum + contribution.samples, 0);
    return { ...(await writer.commit()), samples };
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** Contributions by site id in byte order (ids are ASCII): the order in which every coordinator adds. */
function canonicalOrder(contributions: readonly Contribution[]): readonly Contribution[] {
  if (contributions.length === 0) throw new RangeError('fold: there is no contribution');
  const ordered = contributions.toSorted((a, b) => (a.site < b.site ? -1 : 1));
  if (ordered.some(({ site }, index) => site === ordered[index + 1]?.site)) {
    throw new RangeError('fold: a site contributes twice');
  }
  return ordered;
}
