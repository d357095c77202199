import type { Contract, RunFile } from '@consilium/shared/contract';
import type { PreparationState } from '@consilium/shared/statistics';
import type { Dataset, Part } from '../../data/index.js';

/** What a step's statistics are made from. */
export interface Fitting {
  /** As the steps before have left it. Only its training part may be looked at. */
  readonly dataset: Dataset;
  readonly contract: Contract;
  /** What earlier steps, and earlier passes of this one, have fixed; null before the first. */
  readonly state: PreparationState | null;
  /** Counted from 1. */
  readonly pass: number;
  /** 16 fresh random bytes in base64url: the blob's hash must not be guessable. */
  readonly salt: string;
}

/** What a step changes parts by. */
export interface Applying {
  readonly state: PreparationState;
  readonly run: RunFile;
  readonly dataset: Dataset;
  /** The site's samples that are trained on, as the steps before have left them: what stays at the site is fitted on them, anew each time. */
  readonly training: Part;
}

/** The site's half of a preparation step. */
export interface SiteStep {
  /** This site's statistics for a pass. */
  readonly fit: (fitting: Fitting) => object;
  /** How a part is changed, alike for all parts. */
  readonly apply: (applying: Applying) => (part: Part) => Part;
}
