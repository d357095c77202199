import type { ReleasedSubgroups, SiteReport } from '@consilium/shared/report';
import { headScores, scoreWords } from '@consilium/shared/words';
import type { ReactNode } from 'react';
import { format } from '../locale.js';
import { Card } from '../parts/card.js';
import { Table } from '../parts/table.js';
import { shown, WithheldWord } from './classes.js';

/** How the model does on the subgroups that the run file names, column by column. */
export function Subgroups({ report: { site, subgroups = [] } }: { readonly report: SiteReport }) {
  if (subgroups.length === 0) return null;
  return (
    <Card
      title="Is it as good for everyone?"
      text="The same predictions, of one subgroup at a time, with 95 % intervals. Figures of few samples vary widely by chance alone."
    >
      {subgroups.map(({ column, groups }) => (
        <Table
          key={column}
          label={`Subgroups by ${column} at ${site}`}
          stack
          columns={[
            { title: `By ${column}` },
            { title: 'Samples', number: true },
            ...headScores.map((name) => ({ title: scoreWords[name].label, number: true })),
          ]}
          rows={groups.map((group) => ({ key: group.name, cells: cellsOf(group) }))}
        />
      ))}
    </Card>
  );
}

const cellsOf = ({ name, n, scores: all }: ReleasedSubgroups['groups'][number]): readonly ReactNode[] => [
  name,
  shown(n, format.count),
  ...headScores.map((score) => {
    if (all === null) return n === 0 ? '–' : <WithheldWord key={score} />;
    const { value, interval } = all[score];
    return (
      <span key={score}>
        {shown(value)}
        {interval === null ? null : (
          <span className="quiet small">
            {' '}
            ({format.score(interval.low, 2)} to {format.score(interval.high, 2)})
          </span>
        )}
      </span>
    );
  }),
];
