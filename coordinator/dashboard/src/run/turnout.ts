import type { StepView } from '@consilium/coordinator/conduct';
import type { Turn } from '@consilium/shared/report/charts';

/** Participation as a matrix: the training rounds, and for each site what it did in each of them. */
export interface Turnout {
  readonly rounds: readonly string[];
  /** By site, then by round; null while a round is open and the site may still send. */
  readonly rows: readonly (readonly (Turn | null)[])[];
}

/** The training rounds among some steps, and their names: by stage where there are several. */
export function roundsOf(steps: readonly StepView[]): readonly { readonly name: string; readonly step: StepView }[] {
  const trained = steps.filter(({ kind }) => kind === 'train');
  const stages = new Set(trained.map(({ stage }) => stage));
  return trained.map((step) => ({
    step,
    name: stages.size > 1 ? `${(step.stage ?? 0) + 1}.${step.round}` : String(step.round),
  }));
}

export function turnoutOf(steps: readonly StepView[], sites: readonly string[]): Turnout {
  const rounds = roundsOf(steps);
  const lines = rounds.map(({ step }) => new Map(step.sites.map((line) => [String(line.site), line])));
  return {
    rounds: rounds.map(({ name }) => name),
    rows: sites.map((site) => rounds.map(({ step }, place) => turnOf(lines[place]?.get(site), step.done !== null))),
  };
}

function turnOf(line: StepView['sites'][number] | undefined, isOver: boolean): Turn | null {
  if (line === undefined) return null;
  const { standing, excused } = line;
  switch (standing) {
    case 'accepted':
      return 'took part';
    case 'absent':
      return excused ? 'missing, excused' : 'missing';
    case 'left':
      return 'left';
    case 'awaited':
      return isOver ? 'missing' : null;
    default:
      return standing satisfies never;
  }
}
