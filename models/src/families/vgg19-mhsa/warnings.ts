import { architectures, type Vgg19Options } from './config.js';

/** What a lead should know before a run with these settings, whose tensors of these names a file gives. */
export const warningsOf = (
  { preset, normalisation, freezeBlocks }: Vgg19Options,
  imported: ReadonlySet<string> = new Set(),
): readonly string[] => [
  ...(normalisation === 'batchShared'
    ? [
        'With normalisation batchShared the statistics of batch normalisation are averaged over all sites. Where their stains or cameras differ, the averages fit none of them, and the model can fail at every site; group or batchLocal do not average them.',
      ]
    : []),
  ...(frozenKernels(preset, freezeBlocks).every((kernel) => imported.has(kernel))
    ? []
    : [
        `The first ${freezeBlocks} blocks are not trained. Without weights from an earlier training they stay as they are drawn from the seed.`,
      ]),
];

const frozenKernels = (preset: Vgg19Options['preset'], freezeBlocks: number): readonly string[] =>
  architectures[preset].blocks
    .slice(0, freezeBlocks)
    .flatMap((widths, block) => widths.map((_, place) => `block${block + 1}/conv${place + 1}/kernel`));
