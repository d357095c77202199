import { fusedKernel, output, tf } from '../backend/index.js';

/** The slope before a ReLU from the one behind it and its output: `dy` where `y` > 0, else 0. */
export function reluGradient<T extends tf.Tensor>(dy: T, y: tf.Tensor): T {
  const fused = fusedKernel('ReluGradient');
  return fused === null ? tf.mul(dy, tf.step(y)) : output(fused({ dy, y }, {}), 0);
}

/** TensorFlow.js' own gradient of ReLU takes four operations and keeps the input; the output is what the next layer keeps anyway. */
tf.registerGradient({
  kernelName: 'Relu',
  inputsToSave: [],
  outputsToSave: [true],
  gradFunc: (dy, [y]) => {
    if (Array.isArray(dy) || !y) throw new TypeError('Relu: its gradient misses a tensor');
    return { x: () => reluGradient(dy, y) };
  },
});
