import type { Activation } from '../fused-kernels.js';
import { type Call, fused, nativeKernel } from './kernel.js';
import type { Handle } from './library.js';
import type { Pass } from './pass.js';

export const fusedDense = fused('FusedDense', {
  onProcessor: ({ pass, inputs, attributes }) => [
    multiply(pass, inputs.x, inputs.kernel, { bias: inputs.bias, relu: attributes.activation === 'relu' }),
  ],
  chain: ({ pass, inputs, attributes }) => {
    const product = pass.run('MatMul', [inputs.x, inputs.kernel]);
    return [finish(pass, product, inputs.bias, attributes.activation)];
  },
});

export const fusedConvolution = fused('FusedConvolution', {
  chain: ({ pass, inputs, attributes, to }) => {
    const settings = [to.integers('strides', [1, 1, 1, 1]), to.text('padding', 'SAME')];
    const sum = pass.run('Conv2D', [inputs.x, inputs.kernel], settings);
    return [finish(pass, sum, inputs.bias, attributes.activation)];
  },
});

/** The library's own fused products take lists of texts as attributes, which the addon cannot pass on. */
function finish(pass: Pass, product: Handle, bias: Handle, activation: Activation): Handle {
  const shifted = pass.run('BiasAdd', [product, bias]);
  pass.free(product);
  return activation === 'relu' ? pass.run('Relu', [shifted]) : shifted;
}

interface Turns {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

const byLibrary = ({ pass, inputs, attributes, to }: Call<'a' | 'b', Turns>): readonly Handle[] => [
  pass.run(
    'BatchMatMulV2',
    [inputs.a, inputs.b],
    [to.flag('adj_x', attributes.transposeA), to.flag('adj_y', attributes.transposeB)],
  ),
];

/** In place of the package's own: twice as fast on a processor. Matrices that are spread over others stay with the library. */
export const matMul = nativeKernel<'a' | 'b', Turns>('BatchMatMul', {
  onProcessor: (call) => {
    const { a, b } = call.shapes;
    const alike = a.length === b.length && a.slice(0, -2).every((length, axis) => length === b[axis]);
    const { transposeA, transposeB } = call.attributes;
    return alike && call.floats
      ? [multiply(call.pass, call.inputs.a, call.inputs.b, { turnA: transposeA, turnB: transposeB })]
      : byLibrary(call);
  },
  chain: byLibrary,
});

interface ProductSettings {
  readonly turnA?: boolean;
  readonly turnB?: boolean;
  readonly bias?: Handle;
  readonly relu?: boolean;
}

function multiply(
  pass: Pass,
  a: Handle,
  b: Handle,
  { turnA = false, turnB = false, bias = pass.constants.empty, relu = false }: ProductSettings,
): Handle {
  return pass.run('ConsiliumProduct', [a, b, bias, pass.constants.integers([turnA, turnB, relu].map(Number))]);
}

export const reluGradient = fused('ReluGradient', {
  onProcessor: ({ pass, inputs }) => [pass.run('ConsiliumReluGradient', [inputs.dy, inputs.y])],
  chain: ({ pass, inputs }) => [pass.run('ReluGrad', [inputs.dy, inputs.y])],
});

export const biasGradient = fused('BiasGradient', {
  onProcessor: ({ pass, inputs }) => [pass.run('ConsiliumColumnSums', [inputs.dy])],
  chain: ({ pass, inputs }) => [pass.run('BiasAddGrad', [inputs.dy])],
});
