import { refuse } from '../reading.js';
import type { SharedStep } from './step.js';

/** Each site does it alone: nothing is asked for. */
export const siteZ: SharedStep = { open: () => refuse('site-z is asked for without need') };
