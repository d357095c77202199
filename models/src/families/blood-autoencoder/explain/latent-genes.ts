import { tf } from '../../../backend/index.js';
import { batchNorm, dense, inference, type NamedTensors, weight } from '../../../layers/index.js';
import type { Explaining, Finding } from '../../family.js';
import { norm } from '../autoencoder.js';
import { cellsOfClass, codesOf } from './cells.js';

/**
 * How much the decoder changes each gene with each dimension of a code: the Jacobian at that code, row-major [latent, features].
 * Between two kinks of its ReLUs the decoder is affine, so this is a product of matrices and exact.
 */
export async function decoderSlopes(weights: NamedTensors, code: Float32Array): Promise<Float32Array> {
  const slopes = tf.tidy(() => {
    let at = tf.tensor2d(code.slice(), [1, code.length]);
    let along: tf.Tensor2D | null = null;
    for (const layer of [1, 2]) {
      const place = `decoder/norm${layer}`;
      const sum = batchNorm(weights, place, dense(weights, `decoder/dense${layer}`, at), { ...norm, mode: inference });
      const gain = weight(weights, `${place}/gamma`).mul(
        weight(weights, `${place}/moving_variance`).add(norm.eps).rsqrt(),
      );
      const kernel = weight<tf.Tensor2D>(weights, `decoder/dense${layer}/kernel`);
      const reached: tf.Tensor2D = along === null ? kernel : tf.matMul(along, kernel);
      along = reached.mul<tf.Tensor2D>(gain.mul(sum.greater(0).toFloat()));
      at = sum.relu();
    }
    const last = weight<tf.Tensor2D>(weights, 'decoder/output/kernel');
    return along === null ? last.clone() : tf.matMul(along, last);
  });
  const values = Float32Array.from(await slopes.data());
  slopes.dispose();
  return values;
}

const genesEach = 10;

/** The genes that each dimension of the code moves most, at the mean code of each class. */
export async function latentGenes(
  weights: NamedTensors,
  { samples, features, classes, minimumPatients, seed }: Explaining,
): Promise<Finding> {
  const rows: (string | number)[][] = [];
  for (const [label, name] of classes.entries()) {
    const cells = cellsOfClass(samples, label, { minimumPatients, seed });
    if (cells.length === 0) continue;
    const mean = meanRow(await codesOf(weights, samples, cells), cells.length);
    const slopes = await decoderSlopes(weights, mean);
    for (const latent of mean.keys()) {
      const own = slopes.subarray(latent * features.length, (latent + 1) * features.length);
      for (const [place, gene] of strongest(own, genesEach).entries()) {
        rows.push([name, latent + 1, place + 1, features[gene] ?? '', own[gene] ?? 0]);
      }
    }
  }
  return { kind: 'table', name: 'latent-genes', header: ['class', 'latent', 'rank', 'gene', 'slope'], rows };
}

/** Places of the largest magnitudes, largest first. */
export const strongest = (values: Float32Array, count: number): readonly number[] =>
  [...values.keys()].sort((a, b) => Math.abs(values[b] ?? 0) - Math.abs(values[a] ?? 0)).slice(0, count);

function meanRow(values: Float32Array, rows: number): Float32Array {
  const width = values.length / rows;
  const sums = new Float64Array(width);
  values.forEach((value, index) => {
    sums[index % width]! += value / rows;
  });
  return Float32Array.from(sums);
}
