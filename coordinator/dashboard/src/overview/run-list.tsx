import type { RunSummary } from '@consilium/coordinator/conduct';
import { outcomeWords, phaseWords } from '@consilium/shared/words';
import { format } from '../locale.js';
import { Chip, Track } from '../parts/chip.js';
import { Table } from '../parts/table.js';
import { runAddress } from '../route.js';

/** A run's state in one word: how it ended, or how far it is. */
export const RunState = ({ run }: { readonly run: Pick<RunSummary, 'phase' | 'outcome'> }) => (
  <Chip word={run.outcome === null ? phaseWords[run.phase] : outcomeWords[run.outcome]} />
);

const columns = [
  { title: 'Run' },
  { title: 'State' },
  { title: 'Progress' },
  { title: 'Round' },
  { title: 'Sites', number: true },
  { title: 'Begun' },
  { title: 'Changed' },
];

/** All runs, the newest first. */
export function RunList({ runs }: { readonly runs: readonly RunSummary[] }) {
  if (runs.length === 0) {
    return <p className="quiet card">No runs yet.</p>;
  }
  return (
    <div className="card">
      <Table label="Runs" columns={columns} stack rows={runs.map((run) => ({ key: run.run, cells: cellsOf(run) }))} />
    </div>
  );
}

function cellsOf(run: RunSummary) {
  const done = Math.min(run.index + 1, run.steps);
  return [
    <>
      <a href={runAddress(run.run)}>{run.name}</a> <code className="quiet small">{run.run.slice(0, 8)}</code>
    </>,
    <RunState key="state" run={run} />,
    <div key="progress">
      {format.count(done)} of {format.count(run.steps)} steps
      <Track share={done / run.steps} label={`Steps of ${run.name}`} />
    </div>,
    roundText(run),
    format.count(run.sites),
    format.moment(run.created),
    format.moment(run.updated),
  ];
}

/** `12 of 30`, with the stage where there are several. */
export function roundText({ round, rounds, stage }: Pick<RunSummary, 'round' | 'rounds' | 'stage'>): string {
  if (round === null) return '–';
  const text = `${format.count(round)} of ${format.count(rounds)}`;
  return stage === null ? text : `${text}, ${stage.name}`;
}
