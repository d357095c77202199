import { tf } from './tensorflow.js';

/**
 * Kernels of our own, which a backend may have beside TensorFlow.js' own set: one pass over memory, or one native operation, in
 * place of a chain. Outputs stand in the order in which `runKernel` gives them. Every one has a plain form in the operations,
 * which is its reference and what a backend without the kernel runs.
 */
export interface FusedKernels {
  /** `activation(x·kernel + bias)`: x [rows, in], kernel [in, out], bias [out] → y [rows, out]. */
  FusedDense: Signature<'x' | 'kernel' | 'bias', { activation: Activation }>;
  /** `activation(conv(x, kernel) + bias)`, stride 1, `same`: x [b, h, w, in], kernel [kh, kw, in, out] → y [b, h, w, out]. */
  FusedConvolution: Signature<'x' | 'kernel' | 'bias', { activation: Activation }>;
  /** `dy` where `y` > 0, else 0: the gradient of ReLU from its output; any equal shapes. */
  ReluGradient: Signature<'dy' | 'y', NoAttributes>;
  /** Sum over all axes but the last: dy […, width] → [width]. */
  BiasGradient: Signature<'dy', NoAttributes>;
  /** x [rows, width], gamma and beta [width] → y [rows, width], then two opaque tensors for the gradient (`mean`, `inverse`). */
  LayerNorm: Signature<'x' | 'gamma' | 'beta', { eps: number }>;
  /** → dx [rows, width], dgamma [width], dbeta [width]. */
  LayerNormGradient: Signature<'dy' | 'x' | 'gamma' | 'mean' | 'inverse', NoAttributes>;
  /** x [rows, channels], gamma and beta [channels] → y, mean [channels], biased variance [channels], then opaque tensors for the gradient. */
  BatchNorm: Signature<'x' | 'gamma' | 'beta', { eps: number }>;
  /** The opaque tensors as `saved0`, `saved1`, `saved2` → dx, dgamma, dbeta. */
  BatchNormGradient: Signature<'dy' | 'x' | 'gamma' | 'saved0' | 'saved1' | 'saved2', { eps: number }>;
  /** Exact GELU of x, any shape; then, where the backend likes, opaque tensors for the gradient. */
  Gelu: Signature<'x', NoAttributes>;
  /** The opaque tensors as `saved0`, … → dx. */
  GeluGradient: Signature<'dy' | 'x' | Saved, NoAttributes>;
  /** `(dp − Σ dp ⊙ p) ⊙ p · scale` over the last axis: the gradient of a softmax of scaled scores. */
  SoftmaxGradient: Signature<'dp' | 'p', { scale: number }>;
  /**
   * The heads' part of attention, as the operation `attention` says: projected [batch·tokens, 3·width] → y [batch·tokens, width], then
   * opaque tensors for the gradient, as many as the backend likes.
   */
  Attention: Signature<'projected', AttentionAttributes>;
  /** The opaque tensors as `saved0`, `saved1`, … → slope of projected. */
  AttentionGradient: Signature<'dy' | 'y' | Saved, AttentionAttributes>;
  /** Inverted-dropout mask of the shape: 0 with probability `rate`, else 1/(1 − rate); drawn as `dropoutMask` says. */
  DropoutMask: Signature<never, { shape: readonly number[]; rate: number; seed: readonly [number, number] }>;
}

export type Activation = 'linear' | 'relu';

export interface AttentionAttributes {
  readonly batch: number;
  readonly tokens: number;
  readonly heads: number;
  readonly headWidth: number;
  /** Of the attention weights, [batch·heads, tokens, tokens], drawn as `dropoutMask` says; null for none. */
  readonly dropout: { readonly rate: number; readonly seed: readonly [number, number] } | null;
}

interface Signature<Inputs extends string, Attributes> {
  readonly inputs: Inputs;
  readonly attributes: Attributes;
}

/** Names of the opaque tensors that a kernel hands to its gradient. */
type Saved = `saved${number}`;

type NoAttributes = Readonly<Record<never, never>>;

export type KernelName = keyof FusedKernels;

/** A fused kernel of the backend in use, or null where it has none of that name: then the plain form is to be run. */
export function fusedKernel<Name extends KernelName>(name: Name): FusedKernel<Name> | null {
  if (plainOnly || tf.getKernel(name, tf.getBackend()) === undefined) return null;
  return (inputs, attributes) => {
    const result: unknown = tf.engine().runKernel(name, inputs, attributes as unknown as tf.NamedAttrMap);
    return (Array.isArray(result) ? result : [result]) as readonly tf.Tensor[];
  };
}

export type FusedKernel<Name extends KernelName> = (
  inputs: Readonly<Record<FusedKernels[Name]['inputs'], tf.Tensor>>,
  attributes: FusedKernels[Name]['attributes'],
) => readonly tf.Tensor[];

let plainOnly = false;

/** Whether the plain forms alone are to be run at present. */
export const plainFormsAlone = (): boolean => plainOnly;

/** Runs something with the plain forms alone, for comparison. Not for asynchronous work. */
export function withPlainForms<T>(run: () => T): T {
  const before = plainOnly;
  plainOnly = true;
  try {
    return run();
  } finally {
    plainOnly = before;
  }
}

/** The opaque tensors of a kernel under the names that its gradient knows. */
export const namedSaved = (tensors: readonly tf.Tensor[]): Readonly<Record<Saved, tf.Tensor>> =>
  Object.fromEntries(tensors.map((tensor, index) => [`saved${index}`, tensor]));

/** The n-th output of a kernel; a missing one is a fault of the kernel. */
export function output<T extends tf.Tensor = tf.Tensor>(outputs: readonly tf.Tensor[], index: number): T {
  const tensor = outputs[index];
  if (tensor === undefined) throw new RangeError(`the kernel gave ${outputs.length} tensors, not ${index + 1}`);
  // Kernels state the ranks of their outputs; TensorFlow.js' registry does not carry them.
  return tensor as T;
}
