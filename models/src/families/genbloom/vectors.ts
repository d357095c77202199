import { setImmediate as nextTurn } from 'node:timers/promises';
import { tf } from '../../backend/index.js';
import type { Vectors } from '../../judges/index.js';
import { inference, type NamedTensors } from '../../layers/index.js';
import type { LabelledSamples } from '../../samples/index.js';
import { bagsFeed, cutBatches, span } from '../../training/index.js';
import { aggregate } from './aggregator.js';
import type { GenbloomOptions } from './config.js';

/** Reads the vectors of patients off an aggregator that does not change meanwhile: each patient is looked at once. */
export interface VectorReader {
  /** Sees to it that the vectors of these rows are known. */
  readonly ready: (rows: Int32Array) => Promise<void>;
  /** Those of some rows, [rows, width]; they must be ready. */
  readonly take: (rows: Int32Array) => tf.Tensor2D;
  /** All that are known so far, [samples, width], row-major; 0 elsewhere. */
  readonly values: Float32Array;
}

export function vectorReader(weights: NamedTensors, options: GenbloomOptions, samples: LabelledSamples): VectorReader {
  const { width } = options;
  const feed = bagsFeed(samples.input, { limit: options.cells, share: 1 });
  const values = new Float32Array(samples.rows * width);
  const known = new Uint8Array(samples.rows);
  return {
    values,
    ready: async (rows) => {
      const wanted = rows.filter((row) => known[row] === 0);
      if (wanted.length === 0) return;
      const vectors = tf.tidy(() => {
        const bags = feed.take(wanted, inference);
        return aggregate(weights, 'aggregator', bags, { ...options, mode: inference }).patients;
      });
      const read = await vectors.data();
      vectors.dispose();
      wanted.forEach((row, index) => {
        values.set(read.subarray(index * width, (index + 1) * width), row * width);
        known[row] = 1;
      });
    },
    take: (rows) => {
      const taken = new Float32Array(rows.length * width);
      rows.forEach((row, index) => {
        if (known[row] !== 1) throw new ReferenceError('a row that was not made ready');
        taken.set(values.subarray(row * width, (row + 1) * width), index * width);
      });
      return tf.tensor2d(taken, [rows.length, width]);
    },
  };
}

export interface PatientVectorsOptions {
  readonly weights: NamedTensors;
  readonly options: GenbloomOptions;
  readonly samples: LabelledSamples;
  readonly batchSize: number;
  readonly signal?: AbortSignal | undefined;
}

/** The vectors of all patients, [rows, width], row-major. Between batches the event loop turns. */
export async function patientVectors(given: PatientVectorsOptions): Promise<Float32Array> {
  const { weights, options, samples, batchSize, signal } = given;
  const reader = vectorReader(weights, options, samples);
  for (const [start, end] of cutBatches(samples.rows, batchSize)) {
    signal?.throwIfAborted();
    await reader.ready(span(start, end));
    await nextTurn();
  }
  return reader.values;
}

/** The mean of each bag: what any aggregator has to be better than. */
export function meanPool({ input, rows }: LabelledSamples): Vectors {
  if (input.kind !== 'bags') throw new TypeError(`${input.kind} where bags were expected`);
  const { width, starts, values } = input;
  const means = new Float64Array(rows * width);
  for (let row = 0; row < rows; row++) {
    const [start, end] = [starts[row] ?? 0, starts[row + 1] ?? 0];
    for (let place = start * width; place < end * width; place++) {
      means[row * width + (place % width)]! += (values[place] ?? 0) / (end - start);
    }
  }
  return { rows, width, values: Float32Array.from(means) };
}
