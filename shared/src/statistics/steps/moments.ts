import { readScale, type ScaleStatistics } from '../scale.js';
import { type Asked, type StatisticsBlob, stateBefore } from './step.js';

/** A site's moments of each feature, as `scale` and the steps before it ask for them. @throws CSM-STATISTICS-* */
export const readMoments = ({ bytes, samples }: StatisticsBlob, asked: Asked): ScaleStatistics =>
  readScale(bytes, {
    ...{ state: stateBefore(asked), samples },
    minimumCell: asked.contract.runFile.validation.minimumCell,
  });
