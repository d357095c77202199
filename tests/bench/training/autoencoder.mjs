import { batchNorm, batchNormParameters, batchNormStatistics, dense, denseParameters } from '@consilium/models/layers';
import { meanSquaredError } from '@consilium/models/losses';
import { batchNormOptions, ofLayers } from './network.mjs';

/** Dense layers; normalised and cut off below zero except the code in the middle and the output. */
export function autoencoder({ batch, widths }) {
  const last = widths.length - 1;
  const layers = widths.slice(1).map((outputs, index) => ({
    name: `dense${index + 1}`,
    inputs: widths[index],
    outputs,
    normed: index + 1 !== last && index + 1 !== last / 2,
  }));
  const parameters = layers.flatMap(({ name, inputs, outputs, normed }) => [
    ...denseParameters(name, inputs, outputs),
    ...(normed ? batchNormParameters(`${name}/norm`, outputs) : []),
  ]);
  const statistics = layers.flatMap(({ name, outputs, normed }) =>
    normed ? batchNormStatistics(`${name}/norm`, outputs) : [],
  );
  const pass = (weights, x, mode) =>
    layers.reduce((input, { name, normed }) => {
      const output = dense(weights, name, input);
      return normed ? batchNorm(weights, `${name}/norm`, output, batchNormOptions(mode)).relu() : output;
    }, x);
  return ofLayers({
    batch,
    sample: widths.slice(0, 1),
    classes: null,
    parameters,
    statistics,
    pass,
    loss: meanSquaredError,
    twin: { kind: 'Autoencoder', settings: { widths } },
  });
}
