import { type Activation, fusedKernel, output, tf } from '../backend/index.js';
import { biasGradient } from './bias-gradient.js';
import { reluGradient } from './relu-gradient.js';

const stride = 1;
const padding = 'same';

/**
 * `activation(conv(x, kernel) + bias)` with stride 1 and `same` padding:
 * x [batch, height, width, in], kernel [kernel height, kernel width, in, out], bias [out] → [batch, height, width, out].
 * As for `dense`, the gradient of x is formed only where somebody asks for it.
 */
export function convolution(
  x: tf.Tensor4D,
  kernel: tf.Tensor4D,
  bias: tf.Tensor1D,
  activation: Activation,
): tf.Tensor4D {
  const fused = fusedKernel('FusedConvolution');
  if (fused !== null) return output(fused({ x, kernel, bias }, { activation }), 0);
  const sum = tf.conv2d(x, kernel, stride, padding).add<tf.Tensor4D>(bias);
  return activation === 'relu' ? sum.relu() : sum;
}

tf.registerGradient({
  kernelName: 'FusedConvolution',
  inputsToSave: ['x', 'kernel'],
  outputsToSave: [true],
  gradFunc: (dy, saved, attributes) => {
    const [x, kernel, y] = saved as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
    if (Array.isArray(dy)) throw new TypeError('FusedConvolution has one output');
    const slope = attributes.activation === 'relu' ? reluGradient(dy as tf.Tensor4D, y) : (dy as tf.Tensor4D);
    const settings = { strides: stride, pad: padding, dataFormat: 'NHWC', dimRoundingMode: undefined } as const;
    return {
      x: () => runBackprop('Conv2DBackpropInput', { dy: slope, filter: kernel }, { ...settings, inputShape: x.shape }),
      kernel: () => runBackprop('Conv2DBackpropFilter', { x, dy: slope }, { ...settings, filterShape: kernel.shape }),
      bias: () => biasGradient(slope),
    };
  },
});

/** TensorFlow.js exports no function for the two; they are kernels of every backend. */
const runBackprop = (name: string, inputs: tf.NamedTensorMap, attributes: Readonly<Record<string, unknown>>) =>
  tf.engine().runKernel<tf.Tensor4D>(name, inputs, attributes as unknown as tf.NamedAttrMap);
