import type { StrategySettings } from '@consilium/shared/contract';
import { fedadagrad, fedadam, fedyogi } from './adaptive.js';
import { bulyan } from './bulyan.js';
import { fedavg } from './fedavg.js';
import { fedavgm } from './fedavgm.js';
import { multiKrum } from './multi-krum.js';
import { median, trimmedMean } from './ranked.js';
import { scaffold } from './scaffold.js';
import type { Contribution, Means, Pass } from './strategy.js';

export type { Contribution, Pass, Round, Strategy } from './strategy.js';

/** Opens the pass of one round, by the strategy that the run file names: one file and one line each. */
export function openPass(settings: StrategySettings, contributions: readonly Contribution[], means: Means): Pass {
  switch (settings.name) {
    case 'fedavg':
    case 'fedprox':
      return fedavg(settings, contributions, means);
    case 'fedavgm':
      return fedavgm(settings, contributions, means);
    case 'fedadam':
      return fedadam(settings, contributions, means);
    case 'fedyogi':
      return fedyogi(settings, contributions, means);
    case 'fedadagrad':
      return fedadagrad(settings, contributions, means);
    case 'scaffold':
      return scaffold(settings, contributions, means);
    case 'median':
      return median(settings, contributions, means);
    case 'trimmed-mean':
      return trimmedMean(settings, contributions, means);
    case 'multi-krum':
      return multiKrum(settings, contributions, means);
    case 'bulyan':
      return bulyan(settings, contributions, means);
    default:
      return settings satisfies never;
  }
}
