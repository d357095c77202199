import type { Layout } from '@consilium/shared/weights';
import { weightsFormat } from '@consilium/shared/weights';
import type { Parameter } from '../layers/index.js';

/** Names and shapes of parameters: the layout of the weights file. */
export const layoutOf = (parameters: readonly Parameter[]): Layout =>
  parameters.map(({ name, shape }) => ({ name, shape }));

/** What a weights file says about itself: constant over a run, and nothing about the run or a site. */
export const metadataOf = (family: string, preset: string): Readonly<Record<string, string>> => ({
  format: weightsFormat,
  family,
  preset,
});
