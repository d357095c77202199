import type { Parameter } from '../layers/index.js';
import type { Model } from '../training/index.js';

/** Settings of a family as they stand in a run file: one flat table. */
export type FamilyOptions = Readonly<Record<string, string | number | boolean>>;

/** What decides the shape of a model. `options` are those that `parseOptions` gave. */
export interface Blueprint {
  readonly features: number;
  readonly classes: number;
  readonly options: FamilyOptions;
}

/** A batch of input as a family is given it. */
export interface Input {
  /** Row-major [rows, features]. */
  readonly x: Float32Array;
  /** One class index a row. */
  readonly y: Int32Array;
  readonly features: number;
  readonly classes: number;
}

/** A kind of model. Adding one is a folder with these four functions and a line in the registry. */
export interface Family {
  readonly name: string;
  /** The whole settings, from a preset and what the run file changes in it. Fails with `CSM-MODEL-OPTIONS`. */
  readonly parseOptions: (preset: string, options: FamilyOptions) => FamilyOptions;
  /** The shared parameters in their fixed order, without any backend. */
  readonly parameters: (blueprint: Blueprint) => readonly Parameter[];
  /** The model with its starting weights drawn from the seed, on the backend in use. */
  readonly build: (blueprint: Blueprint & { readonly seed: number }) => Model;
  /** Refuses input that the network cannot take, with `CSM-MODEL-INPUT`; the text never holds a value. */
  readonly checkInput: (input: Input) => void;
}
