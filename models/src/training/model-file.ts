import { onlyStage } from '@consilium/shared/contract';
import { type Layout, weightsFormat } from '@consilium/shared/weights';
import type { Parameter } from '../layers/index.js';

/** Names and shapes of parameters: the layout of a weights file. */
export const layoutOf = (parameters: readonly Parameter[]): Layout =>
  parameters.map(({ name, shape }) => ({ name, shape }));

/** What a weights file says about itself: constant over a stage, and nothing about the run or a site. */
export const metadataOf = (family: string, preset: string, stage: string): Readonly<Record<string, string>> => ({
  format: weightsFormat,
  family,
  preset,
  ...(stage !== onlyStage && { stage }),
});
