import type { RunView } from '@consilium/coordinator/conduct';
import { pauseWords } from '@consilium/shared/words';

/** Who paused a run, or what it waits for, as a sentence’s end. */
export const pausedText = (by: NonNullable<RunView['pausedBy']>): string =>
  by === 'lead' ? `paused ${pauseWords.lead}` : pauseWords[by];
