import { type Figure, isWithheld, type ReleasedMeasures } from '@consilium/shared/metrics';
import type { SiteReport } from '@consilium/shared/report';
import { classChart, classChartHeight } from '@consilium/shared/report/charts';
import { type ReactNode, useMemo } from 'react';
import { Chart } from '../charts/chart.js';
import { format } from '../locale.js';
import { Card } from '../parts/card.js';
import { Chip } from '../parts/chip.js';
import { Table } from '../parts/table.js';

/** With fewer samples than this a class says too little to be set beside the others. */
const rankedSupport = 10;

const fewWord = {
  label: 'too few to rank',
  tone: 'quiet',
  meaning: `Fewer than ${rankedSupport} samples: chance alone moves its figures far.`,
} as const;

type ClassRow = ReleasedMeasures['perClass'][number];

/** A released figure, or the word that it is withheld. */
export const shown = (
  figure: Figure | null,
  write: (value: number) => string = (value) => format.score(value, 2),
): ReactNode => (figure === null ? '–' : isWithheld(figure) ? <WithheldWord /> : write(Number(figure)));

export const WithheldWord = () => (
  <span className="withheld" title="Withheld to protect patients">
    withheld
  </span>
);

export const numberOf = (figure: Figure | null): number | null =>
  figure === null || isWithheld(figure) ? null : Number(figure);

const columns = [
  { title: 'Class' },
  { title: 'Samples', number: true },
  { title: 'Recall', number: true },
  { title: 'Precision', number: true },
  { title: 'F1', number: true },
  { title: 'AUC', number: true },
  { title: '95 % interval', number: true },
];

/** How often each class occurs, is found, and is named rightly. */
export function Classes({ report }: { readonly report: SiteReport }) {
  const { perClass } = report.measures;
  const bars = useMemo(
    () =>
      perClass
        .map((own) => ({
          class: own.class,
          recall: numberOf(own.recall),
          precision: numberOf(own.precision),
          f1: numberOf(own.f1),
        }))
        .filter(({ recall, precision, f1 }) => recall !== null || precision !== null || f1 !== null),
    [perClass],
  );
  const option = useMemo(() => (ink: Parameters<typeof classChart>[1]) => classChart(bars, ink), [bars]);
  const table = () => (
    <Table
      label={`Classes at ${report.site}`}
      columns={columns}
      stack
      rows={perClass.map((own) => ({ key: own.class, cells: cellsOf(own) }))}
    />
  );
  return (
    <Card
      title="Class by class"
      text="Recall: of the samples of a class, the share that was found. Precision: of those called this class, the share that are. F1 balances the two; AUC tells how well the class’s own score ranks it above the others."
    >
      {bars.length < 2 ? null : (
        <Chart
          label={`Recall, precision and F1 of ${bars.length} classes at ${report.site}`}
          height={classChartHeight(bars.length)}
          option={option}
        />
      )}
      {table()}
    </Card>
  );
}

function cellsOf(own: ClassRow): readonly ReactNode[] {
  const support = numberOf(own.support);
  return [
    <span key="class">
      {own.class} {support !== null && support < rankedSupport ? <Chip word={fewWord} /> : null}
    </span>,
    shown(own.support, format.count),
    shown(own.recall),
    shown(own.precision),
    shown(own.f1),
    shown(own.auc),
    own.aucInterval === null
      ? '–'
      : `${format.score(own.aucInterval.low, 2)} to ${format.score(own.aucInterval.high, 2)}`,
  ];
}
