import type { AttentionAttributes } from '../fused-kernels.js';
import { drawKept, dropoutSettings } from './dropout-mask.js';
import { type AttributeMaker, fused } from './kernel.js';
import type { Handle } from './library.js';
import type { Pass } from './pass.js';

/**
 * Attention. Our own operation hands out y, then the input itself, the logarithm of each query's sum of exponentials, from which its
 * gradient forms the weights again, and which of them dropout kept, a bit each. The chain hands out y, then queries, keys and values [3, batch, heads, tokens, headWidth],
 * then the weights and, with dropout, what is left of them; the factor that makes up for dropped weights goes into the values, which are small.
 */
export const attention = fused('Attention', {
  onProcessor: ({ pass, inputs, attributes }) => {
    const { integers } = pass.constants;
    const drawn = attributes.dropout === null ? integers([]) : pass.integers(dropoutSettings(attributes.dropout));
    const [y = -1, logSums = -1, words = -1] = pass.runMany(
      'ConsiliumAttention',
      [inputs.projected, integers(layoutOf(attributes)), drawn, pass.constants.scalar(raiseOf(attributes))],
      3,
    );
    return [y, pass.run('Identity', [inputs.projected]), logSums, words];
  },
  chain: ({ pass, inputs, attributes, to }) => {
    const { integers, scalar } = pass.constants;
    const { batch, tokens, heads, headWidth, dropout } = attributes;
    const split = pass.run('Reshape', [inputs.projected, integers([batch, tokens, 3, heads, headWidth])]);
    const three = pass.run('Transpose', [split, integers([2, 0, 3, 1, 4])]);
    const [queries, keys, values] = unpack(pass, three, to);
    const scaled = pass.run('Mul', [queries, scalar(scaleOf(attributes))]);
    const scores = pass.run('BatchMatMulV2', [scaled, keys], [to.flag('adj_y', true)]);
    const weights = pass.run('Softmax', [scores]);
    pass.free(scores);
    const used =
      dropout === null ? weights : drop(pass, weights, drawKept(pass, scoresShape(attributes), dropout, to), to);
    const raised = dropout === null ? values : pass.run('Mul', [values, scalar(raiseOf(attributes))]);
    const heard = pass.run('Transpose', [pass.run('BatchMatMulV2', [used, raised]), integers(headsLast)]);
    const y = pass.run('Reshape', [heard, integers([batch * tokens, heads * headWidth])]);
    return dropout === null ? [y, three, weights] : [y, three, weights, used];
  },
});

/**
 * With P the weights, U what dropout leaves of them and c its factor: `dV = c·Uᵀ·dO`, and since `Σ_key dP ⊙ P` is `D = Σ dO ⊙ O`,
 * `dS = U ⊙ (c·dO·Vᵀ) − P ⊙ D`: no sum over the large tensors. The scale of the scores goes into dO and D.
 */
export const attentionGradient = fused('AttentionGradient', {
  onProcessor: ({ pass, inputs: { dy, y, saved0 = -1, saved1 = -1, saved2 = -1 }, attributes }) => {
    const layout = pass.constants.integers(layoutOf(attributes));
    const factor = pass.constants.scalar(raiseOf(attributes));
    return [pass.run('ConsiliumAttentionGradient', [dy, y, saved0, saved1, saved2, layout, factor])];
  },
  chain: ({ pass, inputs, attributes, to }) => {
    const { integers, scalar } = pass.constants;
    const { batch, tokens, heads, headWidth } = attributes;
    const { saved0: three = -1, saved1: weights = -1, saved2: used = weights } = inputs;
    const separate = (rows: Handle) =>
      pass.run('Transpose', [
        pass.run('Reshape', [rows, integers([batch, tokens, heads, headWidth])]),
        integers(headsLast),
      ]);
    const raise = (whole: Handle, factor: number) => (factor === 1 ? whole : pass.run('Mul', [whole, scalar(factor)]));
    const factor = raiseOf(attributes);
    const slopes = separate(inputs.dy);
    const scaledSlopes = raise(slopes, scaleOf(attributes));
    const products = pass.run('Mul', [scaledSlopes, separate(inputs.y)]);
    const sums = pass.run('Sum', [products, integers([3])], [to.flag('keep_dims', true)]);
    const [queries, keys, values] = unpack(pass, three, to);
    const dp = pass.run('BatchMatMulV2', [raise(scaledSlopes, factor), values], [to.flag('adj_y', true)]);
    const ds = scoreSlope(pass, { dp, weights, used, sums });
    const dq = pass.run('BatchMatMulV2', [ds, keys]);
    const dk = pass.run('BatchMatMulV2', [ds, queries], [to.flag('adj_x', true)]);
    pass.free(ds);
    const dv = pass.run('BatchMatMulV2', [used, raise(slopes, factor)], [to.flag('adj_x', true)]);
    const packed = pass.run('Pack', [dq, dk, dv], [to.type('T', 'float'), to.integer('N', 3), to.integer('axis', 0)]);
    const rows = pass.run('Transpose', [packed, integers([1, 3, 0, 2, 4])]);
    return [pass.run('Reshape', [rows, integers([batch * tokens, 3 * heads * headWidth])])];
  },
});

interface Slope {
  readonly dp: Handle;
  readonly weights: Handle;
  readonly used: Handle;
  readonly sums: Handle;
}

/** Frees `dp`. */
function scoreSlope(pass: Pass, { dp, weights, used, sums }: Slope): Handle {
  if (weights === used) {
    const centred = pass.run('Sub', [dp, sums]);
    pass.free(dp);
    const slope = pass.run('Mul', [centred, weights]);
    pass.free(centred);
    return slope;
  }
  const through = pass.run('Mul', [dp, used]);
  pass.free(dp);
  const shared = pass.run('Mul', [weights, sums]);
  const slope = pass.run('Sub', [through, shared]);
  pass.free(through, shared);
  return slope;
}

function drop(pass: Pass, weights: Handle, kept: Handle, to: AttributeMaker): Handle {
  const ones = pass.run('Cast', [kept], [to.type('SrcT', 'bool'), to.type('DstT', 'float')]);
  const used = pass.run('Mul', [weights, ones]);
  pass.free(ones);
  return used;
}

/** What our own operations are told of the layout. */
const layoutOf = ({ batch, tokens, heads, headWidth }: AttentionAttributes) => [batch, tokens, heads, headWidth];

/** What makes up for the weights that are dropped. */
const raiseOf = ({ dropout }: AttentionAttributes): number => (dropout === null ? 1 : 1 / (1 - dropout.rate));

const scoresShape = ({ batch, heads, tokens }: AttentionAttributes) => [batch, heads, tokens, tokens];

/** [batch, tokens, heads, width] to [batch, heads, tokens, width], and back. */
const headsLast = [0, 2, 1, 3];

const scaleOf = ({ headWidth }: AttentionAttributes): number => 1 / Math.sqrt(headWidth);

function unpack(pass: Pass, three: Handle, to: AttributeMaker): readonly [Handle, Handle, Handle] {
  const [a = -1, b = -1, c = -1] = pass.runMany('Unpack', [three], 3, [to.integer('num', 3), to.integer('axis', 0)]);
  return [a, b, c];
}
