import type { Layout } from '@consilium/shared/weights';
import type { tf } from '../backend/index.js';
import type { LabelledSamples } from '../samples/index.js';
import type { Reader, Study, StudyTerms } from './study.js';

/** Tensors that go the same way: their names and shapes, and the variables in the same order. */
export interface TensorGroup {
  readonly layout: Layout;
  readonly variables: readonly tf.Variable[];
}

export interface TrainedTensor {
  readonly name: string;
  readonly variable: tf.Variable;
}

/** The tensors of a model in one stage of its training, on the backend in use. */
export interface Tensors {
  /** What the weights file says about itself; constant over a stage. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The model's file and the update. */
  readonly shared: TensorGroup;
  /** Carried at the site from round to round. */
  readonly local: TensorGroup;
  /** Sent once in the stage. */
  readonly frozen: TensorGroup;
  /** What gradients move, in the order of the parameters. */
  readonly trained: readonly TrainedTensor[];
  readonly dispose: () => void;
}

/** A model in one stage: its tensors, what training them means, and what it says of samples. */
export interface Model extends Tensors {
  readonly classes: number;
  /** Prepares the stage's training on these samples, which stay as they are until it is disposed of. */
  readonly study: (samples: LabelledSamples, terms: StudyTerms) => Study;
  /** Null where the stage has no classes to tell: then its loss says how good it is. */
  readonly classify: Classify | null;
  /** What else the final report says of a model: baselines, retrieval, reconstruction. */
  readonly beside?: (judging: Judging) => Promise<Beside>;
}

/** Prepares to read classes of these samples. `reference`: the site's training samples, as the nodes of a graph, where there are any. */
export type Classify = (samples: LabelledSamples, reference: LabelledSamples | null) => Reader;

export interface Judging {
  readonly judged: LabelledSamples;
  /** The site's own, for baselines that are fitted; no rows where there are none to fit them on. */
  readonly training: LabelledSamples;
  readonly batchSize: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
}

/** Figures over the judged samples, in their order. */
export interface Beside {
  /** Other predictions of the same classes, probabilities [rows, classes] each: `majority`, `nearest-5`. */
  readonly panels: readonly { readonly name: string; readonly probabilities: Float32Array }[];
  /** One figure a row, NaN where there is none: `retrieval-map3`. */
  readonly figures: readonly { readonly name: string; readonly values: Float32Array }[];
}
