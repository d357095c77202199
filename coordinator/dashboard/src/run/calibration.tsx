import type { SiteReport } from '@consilium/shared/report';
import { reliabilityChart } from '@consilium/shared/report/charts';
import { scoreWords, thresholdWords } from '@consilium/shared/words';
import { type ReactNode, useMemo } from 'react';
import { Chart } from '../charts/chart.js';
import { format } from '../locale.js';
import { Card } from '../parts/card.js';
import { Absent } from '../parts/notice.js';
import { Table } from '../parts/table.js';
import { numberOf, shown } from './classes.js';

const chartHeight = 320;
const scores = ['ece', 'brier', 'mce'] as const;

/** Whether stated confidence can be taken at its word. */
export function Calibration({ report }: { readonly report: SiteReport }) {
  const { reliability, scores: all } = report.measures;
  const bins = useMemo(
    () =>
      reliability.flatMap((bin) => {
        const [count, accuracy, confidence] = [numberOf(bin.count), numberOf(bin.accuracy), numberOf(bin.confidence)];
        return count && accuracy !== null && confidence !== null ? [{ count, accuracy, confidence }] : [];
      }),
    [reliability],
  );
  const option = useMemo(() => (ink: Parameters<typeof reliabilityChart>[1]) => reliabilityChart(bins, ink), [bins]);
  const occupied = reliability.filter(({ count }) => count !== 0);
  const table = () => (
    <Table
      label="Reliability by confidence"
      columns={[
        { title: 'Confidence' },
        { title: 'Samples', number: true },
        { title: 'Mean', number: true },
        { title: 'Share right', number: true },
      ]}
      rows={occupied.map((bin) => ({
        key: String(bin.low),
        cells: [
          `${format.score(bin.low, 1)} to ${format.score(bin.high, 1)}`,
          shown(bin.count, format.count),
          shown(bin.confidence),
          shown(bin.accuracy),
        ],
      }))}
    />
  );
  return (
    <Card
      title="Can its confidence be trusted?"
      text="An honest model lies on the dashed line: of the answers that it holds 80 % sure, 80 % are right. Dots below it: too sure of itself; above: too modest. Larger dots stand for more samples."
    >
      <div className="two">
        {bins.length === 0 ? (
          <Absent>No bin has enough patients to be drawn.</Absent>
        ) : (
          <Chart
            label={`Share right against stated confidence at ${report.site}`}
            height={chartHeight}
            option={option}
            table={table}
          />
        )}
        <dl className="facts">
          {scores.map((name) => (
            <Score key={name} label={scoreWords[name].label} meaning={scoreWords[name].meaning}>
              {shown(all[name].value, (value) => format.score(value))}
              {all[name].interval === null
                ? null
                : ` (${format.score(all[name].interval.low)} to ${format.score(all[name].interval.high)})`}
            </Score>
          ))}
          <Scaled report={report} />
          <AtThreshold report={report} />
        </dl>
      </div>
    </Card>
  );
}

/** The same at a temperature that was fitted to validation patients. */
function Scaled({ report: { temperatureScaled: scaled } }: { readonly report: SiteReport }) {
  if (scaled === undefined || 'none' in scaled) return null;
  const { temperature, fittedTo, scores: at } = scaled;
  return (
    <Score
      label={`${scoreWords.ece.label} at temperature ${format.score(temperature, 2)}`}
      meaning={`Scores divided by the temperature that fits ${format.count(fittedTo)} validation samples best.`}
    >
      {shown(at.ece, (value) => format.score(value))}
    </Score>
  );
}

/** Of two classes, the answers at a threshold that was chosen on validation patients. */
function AtThreshold({ report: { atThreshold: at } }: { readonly report: SiteReport }) {
  if (at === undefined || 'none' in at) return null;
  return (['sensitivity', 'specificity'] as const).map((name) => (
    <Score
      key={name}
      label={`${thresholdWords[name].label} at threshold ${format.score(at.threshold, 2)}`}
      meaning={`For ${at.positive}, at the threshold chosen on ${format.count(at.fittedTo)} validation samples.`}
    >
      {shown(at[name].value, (value) => format.score(value))}
    </Score>
  ));
}

const Score = ({
  label,
  meaning,
  children,
}: {
  readonly label: string;
  readonly meaning: string;
  readonly children: ReactNode;
}) => (
  <>
    <dt>{label}</dt>
    <dd>
      <b className="number">{children}</b>
      <br />
      <span className="quiet small">{meaning}</span>
    </dd>
  </>
);
