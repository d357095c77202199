import { setImmediate } from 'node:timers/promises';
import { fail } from '@consilium/shared/errors';
import type { BlobHash, SiteId } from '@consilium/shared/ids';
import { tensorAt, type UpdateCoding } from '@consilium/shared/weights';
import type { BlobReader } from './blobs.js';
import { bestKernel, type Kernel, nearSquares } from './kernels/index.js';
import { varianceCheck } from './statistics.js';
import { freeTile, openBase, openUpdate, readForm, tilesOf } from './tiles.js';

export interface UpdateCheck {
  readonly site: SiteId;
  /** The model that the update started from. */
  readonly base: BlobHash;
  readonly update: BlobHash;
  /** How it is coded; f32 where left out. What is checked are the values that come out. */
  readonly coding?: UpdateCoding;
  readonly blobs: BlobReader;
  /** Largest L2 norm of (update − base): `training.strategy.normBound` of the run file. */
  readonly normBound: number;
  readonly kernel?: Kernel;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Checks that an update may be folded: of the form that follows from the base, finite everywhere, no moving variance below 0, no
 * further from the base than the bound.
 * Streams tile by tile; the event loop runs between tiles.
 * @returns the L2 norm of (update − base), to within a millionth of itself
 * @throws CSM-UPDATE-LAYOUT, CSM-UPDATE-SIZE, CSM-UPDATE-CODED, CSM-UPDATE-NOT-FINITE, CSM-UPDATE-VARIANCE, CSM-UPDATE-NORM; the
 * signal's reason
 */
export async function checkUpdate(check: UpdateCheck): Promise<{ readonly norm: number }> {
  const { site, base, blobs, coding = { codec: 'f32' }, normBound, signal } = check;
  const kernel = check.kernel ?? bestKernel();
  const form = await readForm(blobs, base);
  const readBase = openBase(blobs, base, form);
  const read = await openUpdate(blobs, form, { site, hash: check.update, coding, readBase });
  const refuseNegativeVariance = varianceCheck(form.layout, site);

  let squares = 0;
  for (const tile of tilesOf(form)) {
    signal?.throwIfAborted();
    const [update, start] = await Promise.all([read(tile), readBase(tile)]);
    const sum = nearSquares(kernel, update, start);
    if (!Number.isFinite(sum)) {
      const bad = update.findIndex((value) => !Number.isFinite(value));
      if (bad < 0) throw new RangeError('checkUpdate: the base model is not finite');
      fail('CSM-UPDATE-NOT-FINITE', { site, tensor: tensorAt(form.layout, tile.element + bad) });
    }
    refuseNegativeVariance(tile, update);
    squares += sum;
    freeTile(update);
    await setImmediate();
  }
  const norm = Math.sqrt(squares);
  if (!(norm <= normBound)) fail('CSM-UPDATE-NORM', { site, norm, limit: normBound });
  return { norm };
}
