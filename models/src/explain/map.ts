import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Random } from '../layers/index.js';

export interface MapOptions {
  /** Rows to place, row-major [rows, width]: vectors of patients or cells. */
  readonly rows: number;
  readonly width: number;
  readonly values: Float32Array;
  readonly random: Random;
  /** Neighbours that a place goes by: few show fine structure, many the whole. */
  readonly neighbours?: number;
  /** How close places may lie, 0 … 1. */
  readonly minDistance?: number;
  /** Rounds of moving the places; by the number of rows when left out. */
  readonly epochs?: number;
  readonly signal?: AbortSignal;
}

/** Fewest rows that have neighbours to be placed by. */
const fewestRows = 4;

/**
 * A map in two dimensions by UMAP (McInnes, Healy & Melville 2018), Euclidean: row-major [rows, 2]. It shows neighbourhoods; distances across
 * the map and sizes of groups mean nothing. The same random stream gives the same map. An abort throws the signal's reason.
 */
export async function placeOnMap({
  rows,
  width,
  values,
  random,
  neighbours = 15,
  minDistance = 0.1,
  epochs,
  signal,
}: MapOptions): Promise<Float32Array> {
  if (values.length !== rows * width) throw new RangeError(`${values.length} values for ${rows} rows of ${width}`);
  if (rows < fewestRows) throw new RangeError(`${rows} rows are too few for a map`);
  signal?.throwIfAborted();
  const { UMAP } = await import('umap-js');
  const umap = new UMAP({
    nNeighbors: Math.min(neighbours, rows - 1),
    minDist: minDistance,
    ...(epochs === undefined ? {} : { nEpochs: epochs }),
    random: random.uniform,
  });
  const lines = Array.from({ length: rows }, (_, row) => Array.from(values.subarray(row * width, (row + 1) * width)));
  const steps = umap.initializeFit(lines);
  for (let step = 0; step < steps; step++) {
    signal?.throwIfAborted();
    umap.step();
    if (step % stepsBetweenTurns === 0) await nextTurn();
  }
  return Float32Array.from(umap.getEmbedding().flat());
}

const stepsBetweenTurns = 10;
