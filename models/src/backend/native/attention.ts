import type { AttentionAttributes } from '../fused-kernels.js';
import { drawKept } from './dropout-mask.js';
import { type AttributeMaker, fused } from './kernel.js';
import type { Handle } from './library.js';
import type { Pass } from './pass.js';

/**
 * Attention, some batch rows at a time: the scores of a part stay in the processor's cache, while those of a whole batch would go
 * to memory and back at each operation on them. A GPU takes the batch whole. Hands out y, then queries, keys and values [3, batch, heads, tokens, headWidth],
 * then for each part its weights and, with dropout, what is left of them.
 * The factor that makes up for dropped weights goes into the values, which are small.
 */
export const attention = fused('Attention', ({ pass, inputs, attributes, to, onGpu }) => {
  const { integers } = pass.constants;
  const { batch, tokens, heads, headWidth, dropout } = attributes;
  const split = pass.run('Reshape', [inputs.projected, integers([batch, tokens, 3, heads, headWidth])]);
  const three = pass.run('Transpose', [split, integers([2, 0, 3, 1, 4])]);
  const [queries, keys, values] = unpack(pass, three, to);
  const scaled = pass.run('Mul', [queries, pass.constants.scalar(scaleOf(attributes))]);
  const raised = dropout === null ? values : pass.run('Mul', [values, pass.constants.scalar(1 / (1 - dropout.rate))]);
  const kept = dropout === null ? null : drawKept(pass, [batch, heads, tokens, tokens], dropout, to);
  const sizes = onGpu ? [attributes.batch] : partSizes(attributes);
  const cut = (whole: Handle) => cutBatch(pass, whole, sizes, to);
  const [q, k, v, m] = [cut(scaled), cut(keys), cut(raised), kept === null ? null : cut(kept)];
  const saved: Handle[] = [];
  const outputs = sizes.map((_, part) => {
    const scores = pass.run('BatchMatMulV2', [at(q, part), at(k, part)], [to.flag('adj_y', true)]);
    const weights = pass.run('Softmax', [scores]);
    pass.free(scores);
    const used = m === null ? weights : drop(pass, weights, at(m, part), to);
    saved.push(...(m === null ? [weights] : [weights, used]));
    return pass.run('BatchMatMulV2', [used, at(v, part)]);
  });
  const rows = integers([batch * tokens, heads * headWidth]);
  const y = pass.run('Reshape', [pass.run('Transpose', [join(pass, outputs, to), integers(headsLast)]), rows]);
  return [y, three, ...saved];
});

/**
 * With P the weights, U what dropout leaves of them and c its factor: `dV = c·Uᵀ·dO`, and since `Σ_key dP ⊙ P` is `D = Σ dO ⊙ O`,
 * `dS = U ⊙ (c·dO·Vᵀ) − P ⊙ D`: no sum over the large tensors. The scale of the scores goes into dO and D.
 */
export const attentionGradient = fused('AttentionGradient', ({ pass, inputs, attributes, to, onGpu }) => {
  const { integers, scalar } = pass.constants;
  const { batch, tokens, heads, headWidth, dropout } = attributes;
  const separate = (rows: Handle) =>
    pass.run('Transpose', [
      pass.run('Reshape', [rows, integers([batch, tokens, heads, headWidth])]),
      integers(headsLast),
    ]);
  const raise = (whole: Handle, factor: number) => (factor === 1 ? whole : pass.run('Mul', [whole, scalar(factor)]));
  const scale = scaleOf(attributes);
  const factor = dropout === null ? 1 : 1 / (1 - dropout.rate);
  const slopes = separate(inputs.dy);
  const scaledSlopes = raise(slopes, scale);
  const products = pass.run('Mul', [scaledSlopes, separate(inputs.y)]);
  const sums = pass.run('Sum', [products, integers([3])], [to.flag('keep_dims', true)]);
  const saved = (index: number): Handle => inputs[`saved${index}`] ?? -1;
  const [queries, keys, values] = unpack(pass, saved(0), to);
  const sizes = onGpu ? [attributes.batch] : partSizes(attributes);
  const cut = (whole: Handle) => cutBatch(pass, whole, sizes, to);
  const [q, k, v, d] = [cut(queries), cut(keys), cut(values), cut(sums)];
  const [forScores, forValues] = [cut(raise(scaledSlopes, factor)), cut(raise(slopes, factor))];
  const [dq, dk, dv]: [Handle[], Handle[], Handle[]] = [[], [], []];
  sizes.forEach((_, part) => {
    const weights = saved(dropout === null ? 1 + part : 1 + 2 * part);
    const used = dropout === null ? weights : saved(2 + 2 * part);
    const dp = pass.run('BatchMatMulV2', [at(forScores, part), at(v, part)], [to.flag('adj_y', true)]);
    const ds = scoreSlope(pass, { dp, weights, used, sums: at(d, part) });
    dq.push(pass.run('BatchMatMulV2', [ds, at(k, part)]));
    dk.push(pass.run('BatchMatMulV2', [ds, at(q, part)], [to.flag('adj_x', true)]));
    dv.push(pass.run('BatchMatMulV2', [used, at(forValues, part)], [to.flag('adj_x', true)]));
    pass.free(ds);
  });
  const three = [dq, dk, dv].map((parts) => join(pass, parts, to));
  const packed = pass.run('Pack', three, [to.type('T', 'float'), to.integer('N', 3), to.integer('axis', 0)]);
  const rows = pass.run('Transpose', [packed, integers([1, 3, 0, 2, 4])]);
  return [pass.run('Reshape', [rows, integers([batch * tokens, 3 * heads * headWidth])])];
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

/** [batch, tokens, heads, width] to [batch, heads, tokens, width], and back. */
const headsLast = [0, 2, 1, 3];

const scaleOf = ({ headWidth }: AttentionAttributes): number => 1 / Math.sqrt(headWidth);

/** Of the weights of one part: some such tensors fit a cache of the second and third level. */
const partBytes = 4 * 2 ** 20;

/** How many batch rows each part takes. */
function partSizes({ batch, heads, tokens }: AttentionAttributes): readonly number[] {
  const rows = Math.max(1, Math.floor(partBytes / (4 * heads * tokens * tokens)));
  return Array.from({ length: Math.ceil(batch / rows) }, (_, part) => Math.min(rows, batch - part * rows));
}

/** Cuts along the first axis. */
function cutBatch(pass: Pass, whole: Handle, sizes: readonly number[], to: AttributeMaker): readonly Handle[] {
  if (sizes.length === 1) return [whole];
  const { integers, integer } = pass.constants;
  const count = to.integer('num_split', sizes.length);
  return pass.runMany('SplitV', [whole, integers(sizes), integer(0)], sizes.length, [count]);
}

function join(pass: Pass, parts: readonly Handle[], to: AttributeMaker): Handle {
  const [first, ...rest] = parts;
  if (first !== undefined && rest.length === 0) return first;
  return pass.run(
    'ConcatV2',
    [...parts, pass.constants.integer(0)],
    [to.type('T', 'float'), to.integer('N', parts.length)],
  );
}

function unpack(pass: Pass, three: Handle, to: AttributeMaker): readonly [Handle, Handle, Handle] {
  const [a = -1, b = -1, c = -1] = pass.runMany('Unpack', [three], 3, [to.integer('num', 3), to.integer('axis', 0)]);
  return [a, b, c];
}

function at(parts: readonly Handle[], index: number): Handle {
  const part = parts[index];
  if (part === undefined) throw new RangeError(`no part ${index} of ${parts.length}`);
  return part;
}
