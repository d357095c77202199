import { formats } from '@consilium/coordinator/following';

/** Numbers and dates as the reader's browser writes them. */
export const format = formats(navigator.language);
