import { type Activation, fusedKernel, output, tf } from '../backend/index.js';
import { biasGradient } from './bias-gradient.js';
import { reluGradient } from './relu-gradient.js';

/**
 * `activation(x·kernel + bias)`: x [rows, in], kernel [in, out], bias [out] → [rows, out].
 * Gradient with g the slope before the activation: `dx = g·kernelᵀ`, `dkernel = xᵀ·g`, `dbias = Σ_rows g`; each formed only where somebody
 * asks for it, as the first layer's input, the largest, has no reader.
 */
export function dense(x: tf.Tensor2D, kernel: tf.Tensor2D, bias: tf.Tensor1D, activation: Activation): tf.Tensor2D {
  const fused = fusedKernel('FusedDense');
  if (fused !== null) return output(fused({ x, kernel, bias }, { activation }), 0);
  const sum = tf.matMul<tf.Tensor2D>(x, kernel).add<tf.Tensor2D>(bias);
  return activation === 'relu' ? sum.relu() : sum;
}

tf.registerGradient({
  kernelName: 'FusedDense',
  inputsToSave: ['x', 'kernel'],
  outputsToSave: [true],
  gradFunc: (dy, [x, kernel, y], attributes) => {
    if (Array.isArray(dy) || !x || !kernel || !y) throw new TypeError('FusedDense: its gradient misses a tensor');
    const slope = attributes.activation === 'relu' ? reluGradient(dy, y) : dy;
    return {
      x: () => tf.matMul(slope, kernel, false, true),
      kernel: () => tf.matMul(x, slope, true),
      bias: () => biasGradient(slope),
    };
  },
});
