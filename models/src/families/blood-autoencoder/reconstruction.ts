import type { tf } from '../../backend/index.js';
import type { NamedTensors } from '../../layers/index.js';
import { meanSquaredError } from '../../losses/index.js';
import { type Model, rowsFeed } from '../../training/index.js';
import { decode, encode } from './autoencoder.js';

/** The stage `autoencoder`: cells are to come out of their code as they went in, by the mean squared error over cells and genes. */
export const reconstruction = (weights: NamedTensors): Pick<Model, 'study' | 'classify'> => ({
  study: ({ input }) => {
    const cells = rowsFeed(input, true);
    return {
      loss: (rows, { mode }): tf.Scalar => {
        const x = cells.take(rows, mode);
        return meanSquaredError(decode(weights, encode(weights, x, mode), mode), x);
      },
      dispose: cells.dispose,
    };
  },
  classify: null,
});
