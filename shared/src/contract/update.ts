import { z } from 'zod';
import { type CodecName, codecNames } from '../weights/codecs/index.js';
import type { UpdateCoding } from '../weights/update-coding.js';
import { rateFactor } from './rate-factor.js';
import type { RunFile } from './run-file.js';
import { stageAt } from './stages.js';

/** How updates travel. Without defaults: contracts were signed before there was a choice. */
export const update = z
  .strictObject({
    /** Values as they are (`f32`), or differences from the round's model in fewer bits. */
    codec: z.enum(codecNames),
    /** Whether a site keeps what coding lost and adds it to its next update. */
    errorFeedback: z.boolean().exactOptional(),
  })
  .refine(({ codec, errorFeedback }) => codec !== 'f32' || errorFeedback === undefined, {
    message: 'f32 loses nothing: leave it out, or name another codec',
    path: ['errorFeedback'],
  });

export interface UpdateSettings {
  readonly codec: CodecName;
  readonly errorFeedback: boolean;
}

/** How the updates of a run travel, with what it leaves out filled in. */
export function updateSettings({ training }: RunFile): UpdateSettings {
  const { codec = 'f32', errorFeedback = codec !== 'f32' } = training.update ?? {};
  return { codec, errorFeedback };
}

/** How the updates of a stage are coded. What it keeps as it is, with a rate of 0, is not sent, but as f32: such contracts were signed before. */
export function updateCoding(run: RunFile, stage: number): UpdateCoding {
  const { rates = {} } = stageAt(run, stage);
  const { codec } = updateSettings(run);
  return { codec, isSent: (tensor) => codec === 'f32' || rateFactor(tensor, rates) !== 0 };
}

/** In a few words. */
export function updateText(run: RunFile): string {
  const { codec, errorFeedback } = updateSettings(run);
  if (codec === 'f32') return codec;
  return `${codec}, differences ${errorFeedback ? 'with' : 'without'} error feedback`;
}
