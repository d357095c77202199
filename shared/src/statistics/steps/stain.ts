import { z } from 'zod';
import { type StainReference, stainReference } from '../../contract/index.js';
import { fail } from '../../errors/index.js';
import { fittedOf, type PreparationState } from '../preparation-state.js';
import { count, readJson, refuse, salt } from '../reading.js';
import { type Asked, type StatisticsBlob, sharedStep, stateBefore, withFitted } from './step.js';

/** Six numbers of a site's training images: the mean over them of each one's mean and deviation. n = 0 where they are of too few patients. */
export const stainStatistics = z.strictObject({
  format: z.literal('consilium-stain-1'),
  salt,
  /** Images. */
  n: count,
  ...stainReference.shape,
});
export type StainStatistics = z.output<typeof stainStatistics>;

/** The stain that all sites bring their images to: the mean over the training images of all, whoever holds them. */
export const stain = sharedStep(readStain, (all, asked) => {
  const images = all.reduce((sum, { n }) => sum + n, 0);
  if (images === 0) fail('CSM-STATISTICS-NO-STAIN', { minimum: asked.contract.runFile.validation.minimumCell });
  const pooled = (of: (site: StainStatistics) => readonly number[]): number[] =>
    [0, 1, 2].map((channel) => all.reduce((sum, site) => sum + (of(site)[channel]! * site.n) / images, 0));
  return withFitted(stateBefore(asked), 'stain', { mean: pooled(({ mean }) => mean), sd: pooled(({ sd }) => sd) });
});

/** The reference that the step has fitted. @throws CSM-STATISTICS-INVALID where it has not */
export const fittedStain = (state: PreparationState): StainReference => fittedOf(state, 'stain', stainReference);

function readStain({ bytes, samples }: StatisticsBlob, { contract }: Asked): StainStatistics {
  const { minimumCell } = contract.runFile.validation;
  const site = readJson(bytes, stainStatistics);
  if (site.n > samples) refuse('n is above the signed sample count');
  if (site.n > 0 && site.n < minimumCell) fail('CSM-STATISTICS-CELL', { minimum: minimumCell });
  if (site.n === 0 && [...site.mean, ...site.sd].some((value) => value !== 0)) refuse('no images have a stain');
  return site;
}
