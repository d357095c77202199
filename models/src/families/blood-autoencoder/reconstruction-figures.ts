import { setImmediate as nextTurn } from 'node:timers/promises';
import { tf } from '../../backend/index.js';
import { inference, type NamedTensors } from '../../layers/index.js';
import { asRows, eachColumn, type LabelledSamples } from '../../samples/index.js';
import { type Beside, type Judging, rowsFeed } from '../../training/index.js';
import { decode, encode } from './autoencoder.js';

/**
 * `reconstruction-mse`: a cell's mean squared error over genes. `reconstruction-r2`: 1 less that error over the mean squared distance
 * of the judged cells from the site's mean training cell; its mean over cells is their R², the share of variance that the code
 * keeps. There is none without training cells.
 */
export async function reconstructionFigures(
  weights: NamedTensors,
  { judged, training, batchSize, signal }: Judging,
): Promise<Beside['figures']> {
  const errors = new Float32Array(judged.rows);
  const distances = new Float32Array(judged.rows);
  const cells = rowsFeed(judged.input, false);
  const middle = meanCell(training);
  for (let start = 0; start < judged.rows; start += batchSize) {
    signal?.throwIfAborted();
    const rows = Int32Array.from({ length: Math.min(batchSize, judged.rows - start) }, (_, at) => start + at);
    const [error, distance] = tf.tidy(() => {
      const x = cells.take(rows, inference);
      const back = decode(weights, encode(weights, x, inference), inference);
      return [meanSquare(back, x), meanSquare(x, tf.tensor2d(middle, [1, middle.length]))] as const;
    });
    errors.set(await error.data(), start);
    distances.set(await distance.data(), start);
    tf.dispose([error, distance]);
    await nextTurn();
  }
  cells.dispose();
  const spread = distances.reduce((sum, value) => sum + value, 0) / judged.rows;
  if (training.rows === 0) return [{ name: 'reconstruction-mse', values: errors }];
  const kept = errors.map((error) => (spread > 0 ? 1 - error / spread : Number.NaN));
  return [
    { name: 'reconstruction-mse', values: errors },
    { name: 'reconstruction-r2', values: kept },
  ];
}

/** Of each row, over its columns: [rows]. */
const meanSquare = (one: tf.Tensor2D, other: tf.Tensor2D): tf.Tensor1D => one.squaredDifference(other).mean(1);

function meanCell({ input, rows }: LabelledSamples): Float32Array {
  const given = asRows(input);
  const mean = new Float32Array(given.width);
  if (rows === 0) return mean;
  eachColumn(given, (column, values) => {
    mean[column] = values.reduce((sum, value) => sum + value, 0) / rows;
  });
  return mean;
}
