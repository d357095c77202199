import { kindOf } from '@consilium/coordinator/following';
import type { Turn } from '@consilium/shared/report/charts';
import type { PastStep } from './history.js';

/** Participation as a matrix: the training rounds, and for each site what it did in each of them. */
export interface Turnout {
  readonly rounds: readonly string[];
  /** By site, then by round; null while a round is open and the site may still send. */
  readonly rows: readonly (readonly (Turn | null)[])[];
}

export function turnoutOf(steps: readonly PastStep[], sites: readonly string[]): Turnout {
  const trained = steps.filter(({ step }) => kindOf(step) === 'train');
  const stages = new Set(trained.map(({ step }) => step.split(':')[1]));
  const rounds = trained.map(({ step }) => {
    const [, stage, round] = step.split(':');
    return stages.size > 1 ? `${Number(stage) + 1}.${round}` : (round ?? step);
  });
  const present = trained.map(({ accepted }) => new Set(accepted.map(({ site }) => site)));
  return {
    rounds,
    rows: sites.map((site) =>
      trained.map((step, place): Turn | null => {
        if (present[place]?.has(site)) return 'took part';
        const absence = step.absent.get(site);
        if (absence === undefined) return step.doneMs === null ? null : 'missing';
        if (absence.until === 'run') return 'left';
        return absence.excused ? 'missing, excused' : 'missing';
      }),
    ),
  };
}
