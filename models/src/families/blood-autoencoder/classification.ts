import { tf } from '../../backend/index.js';
import {
  type Graph,
  inference,
  type Mode,
  type NamedTensors,
  permutation,
  similarityGraph,
  stream,
} from '../../layers/index.js';
import { crossEntropy, oneHotTargets } from '../../losses/index.js';
import { type LabelledSamples, pickInput } from '../../samples/index.js';
import { type Classify, type Model, type Reader, rowsFeed } from '../../training/index.js';
import { encode } from './autoencoder.js';
import { encodeAll, fitStatistics, standardised } from './codes.js';
import type { BloodAutoencoderOptions } from './config.js';
import { type Anchors, attachedGcn, ffn, gcn, linksOf, openAnchors, transformer } from './heads/index.js';

interface Parts {
  readonly weights: NamedTensors;
  readonly options: BloodAutoencoderOptions;
  readonly classes: number;
}

/**
 * The stage `head`. The encoder is at rest, so each cell is encoded once and the head learns from codes, standardised by statistics
 * that are part of the model. A batch of `gcn` is a graph of its own cells.
 */
export const classification = (parts: Parts): Pick<Model, 'study'> & { readonly classify: Classify } => ({
  study: ({ input, y, rows: count }, { classWeights }) => {
    const { weights, options, classes } = parts;
    const targets = tf.tensor2d(oneHotTargets(y, classes, classWeights), [count, classes]);
    let codes: tf.Tensor2D | null = null;
    let graph: Graph | null = null;
    const codesOf = (rows: Int32Array): tf.Tensor2D => {
      if (codes === null) throw new ReferenceError('no codes before ready');
      return standardised(weights, codes.gather(tf.tensor1d(rows, 'int32')));
    };
    return {
      ready: async (rows, { mode }) => {
        if (codes === null) {
          codes = await encodeAll(weights, input);
          if (mode.training) await fitStatistics(weights, codes);
        }
        if (options.head === 'gcn') graph = await graphOf(() => codesOf(rows), options);
      },
      loss: (rows, { mode }) => {
        const logits = headLogits(parts, codesOf(rows), graph, mode);
        return crossEntropy(logits, targets.gather(tf.tensor1d(rows, 'int32')));
      },
      dispose: () => tf.dispose([targets, ...(codes === null ? [] : [codes])]),
    };
  },
  classify: ({ input }, reference) => {
    const cells = rowsFeed(input, false);
    const codesOf = (rows: Int32Array) =>
      standardised(parts.weights, encode(parts.weights, cells.take(rows, inference), inference));
    if (parts.options.head === 'gcn') return graphReader(parts, codesOf, reference);
    return {
      logits: (rows) => headLogits(parts, codesOf(rows), null, inference),
      dispose: cells.dispose,
    };
  },
});

/** Logits [rows, classes] of standardised codes. `graph`: of these cells, for `gcn`. */
export function headLogits(
  { weights, options, classes }: Parts,
  code: tf.Tensor2D,
  graph: Graph | null,
  mode: Mode,
): tf.Tensor2D {
  switch (options.head) {
    case 'ffn':
      return perClass(ffn(weights, code, mode, options), classes);
    case 'transformer':
      return perClass(transformer(weights, code, mode, options), classes);
    case 'gcn':
      if (graph === null) throw new ReferenceError('no graph before ready');
      return perClass(gcn(weights, code, graph, mode, options), classes);
    default:
      throw new TypeError(`unknown head ${options.head satisfies never}`);
  }
}

/** The one logit of two classes is the second's; the first has 0, so that a softmax is the sigmoid and its cross-entropy the binary one. */
export const perClass = (outputs: tf.Tensor2D, classes: number): tf.Tensor2D =>
  outputs.shape[1] === classes ? outputs : tf.concat([tf.zerosLike(outputs), outputs], 1);

/** Attaches cells to the site's training cells; where there are none, a batch of them is a graph of its own. */
function graphReader(
  { weights, options, classes }: Parts,
  codesOf: (rows: Int32Array) => tf.Tensor2D,
  reference: LabelledSamples | null,
): Reader {
  let anchors: Anchors | null = null;
  let graph: Graph | null = null;
  return {
    ready: async (rows) => {
      if (reference === null || reference.rows === 0) graph = await graphOf(() => codesOf(rows), options);
      else anchors ??= await anchorsOf(weights, reference, options);
    },
    logits: (rows) => {
      const code = codesOf(rows);
      if (anchors === null) return headLogits({ weights, options, classes }, code, graph, inference);
      return perClass(attachedGcn(weights, code, linksOf(anchors, code, options), anchors), classes);
    },
    dispose: () => anchors?.dispose(),
  };
}

/** The graph of the site's training cells, or of `nodes` of them: which ones is drawn, alike every time. */
export async function anchorsOf(
  weights: NamedTensors,
  { input, rows }: LabelledSamples,
  options: BloodAutoencoderOptions,
): Promise<Anchors> {
  const some = permutation(rows, stream(anchorSeed, 'anchors')).subarray(0, options.nodes).sort();
  const raw = await encodeAll(weights, pickInput(input, some));
  const code = tf.tidy(() => standardised(weights, raw));
  try {
    return await openAnchors(weights, code, options);
  } finally {
    tf.dispose([raw, code]);
  }
}

/** A judgement must not depend on a run's seed. */
const anchorSeed = 0;

async function graphOf(codes: () => tf.Tensor2D, likeness: BloodAutoencoderOptions): Promise<Graph> {
  const code = tf.tidy(codes);
  try {
    const [nodes] = code.shape;
    return await similarityGraph({ ...likeness, features: Float32Array.from(await code.data()), nodes });
  } finally {
    code.dispose();
  }
}
