import type { CodecName } from './codecs/index.js';

/** How an update is coded, and what of it. */
export interface UpdateCoding {
  readonly codec: CodecName;
  /** Whether a tensor, by its name, may differ from the model that the work started from; all may where left out. */
  readonly isSent?: (tensor: string) => boolean;
}
