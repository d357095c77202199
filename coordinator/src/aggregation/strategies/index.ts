import type { RunFile } from '@consilium/shared/contract';
import { fedavg } from './fedavg.js';
import type { Strategy } from './strategy.js';

export type { Contribution, Pass, Strategy } from './strategy.js';

/** Name of a strategy in a run file. */
export type StrategyName = RunFile['training']['strategy']['name'];

/** Every strategy that a run file can name: one file and one line each. */
export const strategies: Readonly<Record<StrategyName, Strategy>> = { fedavg };
