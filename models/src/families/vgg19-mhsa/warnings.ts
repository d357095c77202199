import type { Vgg19Options } from './config.js';

/** What a lead should know before a run with these settings. */
export const warningsOf = ({ normalisation, freezeBlocks }: Vgg19Options): readonly string[] => [
  ...(normalisation === 'batchShared'
    ? [
        'With normalisation batchShared the statistics of batch normalisation are averaged over all sites. Where their stains or cameras differ, the averages fit none of them, and the model can fail at every site; group or batchLocal do not average them.',
      ]
    : []),
  ...(freezeBlocks > 0
    ? [
        `The first ${freezeBlocks} blocks are not trained. Without weights from an earlier training they stay as they are drawn from the seed.`,
      ]
    : []),
];
