import { z } from 'zod';
import type { RunFile } from './run-file.js';

/** `cohort`: counts and feature names; `scale`: n, mean and M2 of each feature. In the order in which they are done. */
export const preparationName = z.enum(['cohort', 'scale']);
export type PreparationName = z.output<typeof preparationName>;

/** How often sites are asked for a step; 0 where the run does not need it. */
export function passesOf(name: PreparationName, run: RunFile): number {
  switch (name) {
    case 'cohort':
      return 1;
    case 'scale':
      return run.data.kind === 'expression-table' ? 1 : 0;
    default:
      return name satisfies never;
  }
}
