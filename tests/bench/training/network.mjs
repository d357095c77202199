// A network of the bench, written with the product's own layers:
//
// { batch, sample, classes, parameters, open, loss, twin }
//   sample      shape of one sample
//   classes     number of them, or null where the input is its own target
//   parameters  what is trained, in order
//   open        seed → { variables, pass }: on the backend in use; pass: (x, mode, drops) → output [batch, …], with dropout
//               only where `drops`, normalisation as the mode says
//   loss        (output, target) → scalar
//   twin        { kind, settings }: the same network in peer.py
import { tf } from '@consilium/models/backend';
import { createVariables, drawWeights, inference, stream } from '@consilium/models/layers';
import { focalLoss, oneHotTargets } from '@consilium/models/losses';
import { createOptimizer, gradientStep } from '@consilium/models/training';

const seed = 7;
const optimizerSettings = { name: 'adam', rate: 1e-3, weightDecay: 0 };

export const weightCount = ({ parameters }) => parameters.reduce((sum, { shape }) => sum + size(shape), 0);

/** Starting weights in the order of the parameters. */
export const startingWeights = ({ parameters }) => drawWeights(parameters, seed);

/** One batch: values [batch, …sample], row-major, and labels (each class in turn). Autoencoders get values in [0, 1). */
export function batchOf({ batch, sample, classes }) {
  const random = stream(seed, 'batch');
  const draw = classes === null ? random.uniform : random.normal;
  const x = Float32Array.from({ length: batch * size(sample) }, draw);
  return { x, y: Int32Array.from({ length: batch }, (_, row) => (classes === null ? 0 : row % classes)) };
}

/** A network of layers: `pass` takes their weights by name; `statistics` are moving averages. */
export const ofLayers = ({ statistics = [], pass, ...network }) => ({
  ...network,
  open(seed) {
    const { parameters } = network;
    const create = (list) => createVariables(list, drawWeights(list, seed));
    const [variables, averages] = [create(parameters), create(statistics)];
    const named = (list, tensors) => list.map(({ name }, index) => [name, tensors[index]]);
    const weights = Object.fromEntries([...named(parameters, variables), ...named(statistics, averages)]);
    return { variables, pass: (x, mode, drops) => pass(weights, x, mode, drops) };
  },
});

/** How every network of the bench normalises batches. */
export const batchNormOptions = (mode) => ({ eps: 1e-3, momentum: 0.99, mode });

/** Focal loss as the image networks train with it. */
export const focal = (logits, targets) => focalLoss(logits, targets, 2);

/** The network on the backend in use, its data uploaded. */
export function openNetwork(network) {
  const { batch, sample, classes } = network;
  const { variables, pass } = network.open(seed);
  const values = batchOf(network);
  const x = tf.tensor(values.x, [batch, ...sample]);
  const target = classes === null ? x : tf.tensor2d(oneHotTargets(values.y, classes, null), [batch, classes]);
  const optimizer = createOptimizer(optimizerSettings, variables);
  let steps = 0;
  return {
    /** One gradient step; the loss before it, left on the device. */
    step(drops) {
      const mode = { training: true, seed: steps++ };
      return gradientStep({ variables, optimizer, loss: () => network.loss(pass(x, mode, drops), target) });
    },
    /** The output for the batch, read. */
    async predict() {
      const output = tf.tidy(() => pass(x, inference, false));
      await output.data();
      output.dispose();
    },
  };
}

const size = (shape) => shape.reduce((product, length) => product * length, 1);
