import type { Contract, PreparationName } from '../../contract/index.js';
import type { PreparationState } from '../preparation-state.js';
import { refuse } from '../reading.js';

/** What sites were asked for. */
export interface Asked {
  readonly contract: Contract;
  /** What earlier steps, and earlier passes of this one, have fixed; null before the first. */
  readonly state: PreparationState | null;
  /** Counted from 1. */
  readonly pass: number;
}

/** One site's statistics as they came, with the training samples that it signed. */
export interface StatisticsBlob {
  readonly bytes: Uint8Array;
  readonly samples: number;
}

/** The coordinator's half of a preparation step. */
export interface SharedStep {
  /** Opens one pass: sites are added in canonical order, each checked as it comes. @throws CSM-STATISTICS-*, CSM-COHORT-*, CSM-DATA-* */
  readonly open: (asked: Asked) => StatisticsFold;
}

export interface StatisticsFold {
  readonly add: (blob: StatisticsBlob) => void;
  /** The next state of the preparation. */
  readonly finish: () => PreparationState;
}

/** A step that reads each site's blob and folds them all at the end. */
export const sharedStep = <Statistics>(
  read: (blob: StatisticsBlob, asked: Asked) => Statistics,
  fold: (all: readonly Statistics[], asked: Asked) => PreparationState,
): SharedStep => ({
  open: (asked) => {
    const all: Statistics[] = [];
    return { add: (blob) => void all.push(read(blob, asked)), finish: () => fold(all, asked) };
  },
});

/** The state that a later step stands on. @throws CSM-STATISTICS-INVALID where the cohort has not been prepared */
export const stateBefore = ({ state }: Asked): PreparationState => state ?? refuse('a step is asked for before cohort');

/** The state with what a step has fitted. */
export const withFitted = (
  state: PreparationState,
  name: PreparationName,
  fitted: NonNullable<PreparationState['fitted']>[string],
): PreparationState => ({ ...state, fitted: { ...state.fitted, [name]: fitted } });
