import type { BlobHash, SiteId } from '@consilium/shared/ids';
import type { Kernel } from '../kernels/index.js';

/** One accepted update: whose, which blob, and the training samples behind it. */
export interface Contribution {
  readonly site: SiteId;
  readonly hash: BlobHash;
  readonly samples: number;
}

/**
 * How the updates of a round become the next model. A strategy sees the model tile by tile and every site's values of a
 * tile in canonical order, so it never holds more than a tile of anything: sums keep accumulators, order statistics
 * keep the tile's values until it closes.
 */
export interface Strategy {
  readonly name: string;
  /** Opens the pass of one round. Contributions are at least one, in canonical site order; no tile is larger than `tileElements`. */
  begin(
    contributions: readonly Contribution[],
    means: { readonly kernel: Kernel; readonly tileElements: number },
  ): Pass;
}

export interface Pass {
  /** A new tile begins. */
  open(): void;
  /** Takes the tile's values of contribution `index`, counted as in `begin`. */
  add(index: number, values: Float32Array): void;
  /** Ends the tile: writes the next model's values. */
  close(into: Float32Array): void;
}
