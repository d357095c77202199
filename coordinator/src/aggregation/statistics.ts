import { setImmediate } from 'node:timers/promises';
import { fail } from '@consilium/shared/errors';
import type { SiteId } from '@consilium/shared/ids';
import { type Layout, type Place, type StatisticsPair, statisticsPairs, tensorAt } from '@consilium/shared/weights';
import { freeTile, type ModelForm, type Tile, tilesOf } from './tiles.js';

/** One site's update, and what it counts: the training samples behind it, or a share. */
export interface StatisticsSource {
  readonly samples: number;
  readonly read: (tile: Tile) => Promise<Float32Array>;
}

/**
 * The moving averages of batch normalisations over all sites: mean = Σ sᵢ mᵢ and variance = Σ sᵢ (vᵢ + (mᵢ − mean)²), with sᵢ the
 * site's share of the samples: mean and biased variance of all sites' rows together. A mean
 * of variances alone would be too small as soon as sites differ. Computed in float64 by merging site after site (Chan, Golub and
 * LeVeque 1979), so no small difference of large squares is taken.
 * Reads the tiles that hold such tensors, one site at a time; memory for these tensors alone, however many the sites.
 * @param sources in canonical order
 * @returns writes the statistics over what another fold has put in a tile
 * @throws CSM-WEIGHTS-LAYOUT, CSM-UPDATE-LAYOUT; the signal's reason
 */
export async function foldMovingAverages(
  form: ModelForm,
  sources: readonly StatisticsSource[],
  signal?: AbortSignal,
): Promise<(tile: Tile, into: Float32Array) => void> {
  const pairs = statisticsPairs(form.layout).map(accumulator);
  const touched = [...tilesOf(form)].filter((tile) =>
    pairs.some(({ mean, variance }) => overlap(mean, tile) !== null || overlap(variance, tile) !== null),
  );
  let samples = 0;
  for (const source of touched.length === 0 ? [] : sources.filter((one) => one.samples > 0)) {
    for (const tile of touched) {
      signal?.throwIfAborted();
      const values = await source.read(tile);
      for (const { mean, variance, site } of pairs) {
        copyOut(values, tile, mean, site.mean);
        copyOut(values, tile, variance, site.variance);
      }
      freeTile(values);
      await setImmediate();
    }
    samples += source.samples;
    for (const pair of pairs) merge(pair, source.samples / samples);
  }
  return (tile, into) => {
    for (const { mean, variance, pooled } of pairs) {
      copyIn(pooled.mean, mean, tile, into);
      copyIn(pooled.variance, variance, tile, into);
    }
  };
}

/**
 * Looks for a moving variance below 0, which no data have.
 * @returns checks one tile of an update. @throws CSM-UPDATE-VARIANCE
 */
export function varianceCheck(layout: Layout, site: SiteId): (tile: Tile, values: Float32Array) => void {
  const variances = statisticsPairs(layout).map(({ variance }) => variance);
  return (tile, values) => {
    for (const variance of variances) {
      const common = overlap(variance, tile);
      if (common === null) continue;
      const own = values.subarray(common.inTile, common.inTile + common.elements);
      if (own.some((value) => value < 0)) {
        fail('CSM-UPDATE-VARIANCE', { site, tensor: tensorAt(layout, variance.element) });
      }
    }
  };
}

interface Averages<Values> {
  readonly mean: Values;
  readonly variance: Values;
}

interface Accumulated extends StatisticsPair {
  /** The site's at hand. */
  readonly site: Averages<Float32Array>;
  /** Of all sites so far. */
  readonly pooled: Averages<Float64Array>;
}

const accumulator = ({ mean, variance }: StatisticsPair): Accumulated => ({
  mean,
  variance,
  site: { mean: new Float32Array(mean.elements), variance: new Float32Array(mean.elements) },
  pooled: { mean: new Float64Array(mean.elements), variance: new Float64Array(mean.elements) },
});

/** Takes the site at hand in. @param share its share of all samples so far, itself among them */
function merge({ site, pooled }: Accumulated, share: number): void {
  for (let i = 0; i < site.mean.length; i++) {
    const difference = site.mean[i]! - pooled.mean[i]!;
    const spread = difference * difference * share * (1 - share);
    pooled.variance[i] = Math.min(
      largestFloat32,
      (1 - share) * pooled.variance[i]! + share * site.variance[i]! + spread,
    );
    pooled.mean[i]! += difference * share;
  }
}

/** Means of opposite ends of float32 have a variance beyond it; an infinite one would spoil the model. */
const largestFloat32 = 2 ** 128 - 2 ** 104;

/** The values that a tensor and a tile have in common: where they begin in each, and how many. */
function overlap(
  place: Place,
  tile: Tile,
): { readonly inTensor: number; readonly inTile: number; readonly elements: number } | null {
  const begin = Math.max(place.element, tile.element);
  const end = Math.min(place.element + place.elements, tile.element + tile.elements);
  if (end <= begin) return null;
  return { inTensor: begin - place.element, inTile: begin - tile.element, elements: end - begin };
}

function copyOut(values: Float32Array, tile: Tile, place: Place, into: Float32Array): void {
  const common = overlap(place, tile);
  if (common === null) return;
  into.set(values.subarray(common.inTile, common.inTile + common.elements), common.inTensor);
}

function copyIn(values: Float64Array, place: Place, tile: Tile, into: Float32Array): void {
  const common = overlap(place, tile);
  if (common === null) return;
  into.set(values.subarray(common.inTensor, common.inTensor + common.elements), common.inTile);
}
