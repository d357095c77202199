import type { Stage } from '@consilium/shared/contract';
import type { BlobHash, SiteId } from '@consilium/shared/ids';
import type { Kernel } from '../kernels/index.js';

/** One accepted update: whose, which blob, and the training samples behind it. */
export interface Contribution {
  readonly site: SiteId;
  readonly hash: BlobHash;
  readonly samples: number;
}

/** What a round is beside its updates. */
export interface Round {
  /** How its sites train. */
  readonly stage: Pick<Stage, 'batchSize' | 'localEpochs' | 'optimizer'>;
  /** Training samples of every site that signed some, whether it sent an update or not. */
  readonly samples: ReadonlyMap<SiteId, number>;
}

export interface Means {
  readonly kernel: Kernel;
  /** The most values that a tile has. */
  readonly tileElements: number;
  /** For strategies that reckon with what the sites did. */
  readonly round?: Round | undefined;
}

/**
 * How the updates of a round become the next model. A strategy sees the model tile by tile and every site's values of a
 * tile in canonical order, so it never holds more than a tile of anything: sums keep accumulators, order statistics
 * hold the sites' values of the tile until it closes. It computes in float64 with + − × ÷ √ alone, so that every machine and
 * every kernel gives the same bits.
 * Contributions are at least one, in canonical site order.
 */
export type Strategy<Settings> = (settings: Settings, contributions: readonly Contribution[], means: Means) => Pass;

export interface Pass {
  /** What it measures over all tiles before the first is folded. */
  readonly survey?: Survey;
  /** Whether it looks at the model that the updates started from. */
  readonly readsBase: boolean;
  /** What it keeps from round to round, by name: of each one value for every weight. */
  readonly keeps: readonly string[];
  /**
   * What each contribution counts in the moving averages of batch normalisations, which are folded by themselves; 0 leaves it
   * out. `null`: they are folded like any other values. Asked after the survey.
   */
  counts(): readonly number[] | null;
  /** A new tile begins. */
  open(tile: OpenTile): void;
  /**
   * Takes the tile's values of contribution `index`.
   * @returns which arrays it never looks at again; the others stay as they are until the tile closes
   */
  add(index: number, values: Float32Array): readonly Float32Array[];
  /** Ends the tile: writes the next model's values, and into `kept` what goes on to the next round. */
  close(into: Float32Array): void;
}

export interface OpenTile {
  /** The values that the updates started from; empty where `readsBase` is false. */
  readonly base: Float32Array;
  /** For each of `keeps`, what the round before left; zeros in the first round. To be overwritten when the tile closes. */
  readonly kept: readonly Float32Array[];
}

/** A first pass over all tiles. */
export interface Survey {
  readonly readsBase: boolean;
  open(base: Float32Array): void;
  /** As in `Pass`. */
  add(index: number, values: Float32Array): readonly Float32Array[];
  /** Ends the tile. Long work gives way to the event loop now and then. */
  close(): void | Promise<void>;
}
