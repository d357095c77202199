import type { InputShape } from '@consilium/shared/contract';
import type { tf } from '../backend/index.js';
import type { Parameter } from '../layers/index.js';
import type { LabelledSamples } from '../samples/index.js';
import type { Model } from '../training/index.js';

/** Settings of a family as they stand in a run file: one flat table. */
export type FamilyOptions = Readonly<Record<string, string | number | boolean>>;

/** What decides the tensors of a model. `options` are those that `parseOptions` gave. */
export interface Blueprint {
  readonly input: InputShape;
  readonly classes: number;
  readonly options: FamilyOptions;
  /** One of the family's. */
  readonly stage: string;
}

/** A kind of model. Adding one is a folder and a line in the registry. */
export interface Family {
  readonly name: string;
  /** What it looks at. */
  readonly input: InputShape['kind'];
  /** The stages it can be trained in; `onlyStage` alone for a family without any. */
  readonly stages: readonly [string, ...string[]];
  /** The whole settings, from a preset and what the run file changes in it. Fails with `CSM-MODEL-OPTIONS`. */
  readonly parseOptions: (preset: string, options: FamilyOptions) => FamilyOptions;
  /** All tensors of a stage in their fixed order, without any backend. */
  readonly parameters: (blueprint: Blueprint) => readonly Parameter[];
  /** The model with its starting weights drawn from the seed, on the backend in use. */
  readonly build: (blueprint: Blueprint & { readonly seed: number }) => Model;
  /** Refuses prepared samples that the network cannot take, with `CSM-MODEL-INPUT`; the text never holds a value. */
  readonly checkInput: (samples: LabelledSamples, blueprint: Blueprint) => void;
  /** What a lead should know before a run with these settings, in whole sentences. `imported`: the tensors that a file gives. */
  readonly warnings?: (blueprint: Blueprint, imported?: ReadonlySet<string>) => readonly string[];
  /** Tensors as well-known files of other programs name and lay them out. */
  readonly foreign?: (blueprint: Blueprint) => readonly ForeignTensor[];
  /** A few invented samples for the small preset: they try out backends and tests. */
  readonly example: (seed: number) => Example;
  /** What the model looks at in some patients. Stops between two findings when its reader does. */
  readonly explain?: (model: Model, given: Explaining) => AsyncIterable<Finding>;
  /** The network in layers that any TensorFlow.js has, for browsers; `values` by tensor name. */
  readonly toLayers?: (blueprint: Blueprint, values: ReadonlyMap<string, Float32Array>) => tf.LayersModel;
}

/** One of the family's tensors under the name that another program gives it. */
export interface ForeignTensor {
  readonly tensor: string;
  readonly name: string;
  /** Axis by axis of the family's tensor, which one of the other's it is; the same order where left out. */
  readonly axes?: readonly number[];
}

export interface Example {
  /** Of the first stage; the others take the same samples. */
  readonly blueprint: Blueprint;
  readonly samples: LabelledSamples;
}

/** Prepared patients to explain a model by. */
export interface Explaining {
  readonly samples: LabelledSamples;
  /** The hospital's own name of each row. */
  readonly ids: readonly string[];
  /** The site's training samples, where there are any. */
  readonly reference: LabelledSamples | null;
  /** Names of the columns, in their order. */
  readonly features: readonly string[];
  readonly classes: readonly string[];
  /** No mean over fewer patients than this is formed. */
  readonly minimumPatients: number;
  readonly seed: number;
}

/** One file of an explanation. */
export type Finding =
  | {
      readonly kind: 'table';
      readonly name: string;
      readonly header: readonly string[];
      readonly rows: readonly (readonly (string | number)[])[];
    }
  /** [side, side, 3], RGB. */
  | { readonly kind: 'image'; readonly name: string; readonly side: number; readonly pixels: Uint8Array };
