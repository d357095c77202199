import { formats } from './format.js';

/** Numbers and dates as the reader's browser writes them. */
export const format = formats(navigator.language);
