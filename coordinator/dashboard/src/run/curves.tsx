import type { LiveRun } from '@consilium/coordinator/api';
import { type RoundLine, roundsChart } from '@consilium/shared/report/charts';
import { scoreWords } from '@consilium/shared/words';
import { useMemo, useState } from 'react';
import { Chart } from '../charts/chart.js';
import { format } from '../locale.js';
import { Card, Skeleton } from '../parts/card.js';
import { Choice, Pick } from '../parts/choice.js';
import { Absent, Notice } from '../parts/notice.js';
import { Table } from '../parts/table.js';
import {
  accuracyBand,
  drawn,
  type PooledScore,
  placesOf,
  pooledOf,
  rowsOf,
  type SiteScore,
  siteLines,
  siteScores,
} from './curve-lines.js';
import { mostPoints, type Series, useSeries } from './series.js';

const chartHeight = 320;
const nobody = '–';

/** Which pooled figures stand in one drawing: those that share a scale. */
const groups = {
  shares: ['accuracy', 'balancedAccuracy', 'macroF1', 'auc'],
  loss: ['loss'],
  calibration: ['ece', 'brier'],
} as const satisfies Record<string, readonly PooledScore[]>;
type Group = keyof typeof groups;

/** How many patients stand behind a round: what the interval of the accuracy needs. */
const patients = 'n';

/** Validation figures over the rounds: all sites together, and each by itself. */
export function Curves({ view }: { readonly view: LiveRun }) {
  if (view.judgedRounds === 0) return <Absent>No round was judged yet.</Absent>;
  return (
    <>
      <Pooled view={view} />
      {view.sites.length === 0 ? null : <BySite view={view} />}
    </>
  );
}

/** Where the rounds of a curve stand, the boundaries of stages, and the chosen round. */
function useMarks({ bestRound, stage, phase }: LiveRun, series: Series | undefined) {
  return useMemo(() => {
    const points = pooledOf(series);
    const { x, stages } = placesOf(points);
    const last = points.at(-1)?.[0] ?? 0;
    const chosen = bestRound === null || phase === 'new' ? null : x(stage?.index ?? last, bestRound);
    return { x, marks: { chosen, stages } };
  }, [series, bestRound, stage, phase]);
}

function Pooled({ view }: { readonly view: LiveRun }) {
  const [group, setGroup] = useState<Group>('shares');
  const metrics: readonly PooledScore[] = groups[group];
  const { value: series, fault } = useSeries(view, group === 'shares' ? [...metrics, patients] : metrics);
  const { x, marks } = useMarks(view, series?.get(metrics[0]!));
  const option = useMemo(() => {
    const lines = metrics.map(
      (name, index): RoundLine => ({
        name: scoreWords[name].label,
        weight: index === 0 ? 'main' : 'plain',
        points: drawn(pooledOf(series?.get(name)), x),
        ...(name === 'accuracy' && {
          band: accuracyBand(pooledOf(series?.get(name)), pooledOf(series?.get(patients)), x),
        }),
      }),
    );
    return (ink: Parameters<typeof roundsChart>[2]) => roundsChart(lines, marks, ink);
  }, [metrics, series, x, marks]);
  const shown = series?.get(metrics[0]!);
  return (
    <Card
      title="All sites together"
      text={`Validation patients of all sites, pooled.${group === 'shares' ? ' The band around accuracy is its 95 % interval (Wilson).' : ''}`}
      tools={
        <Choice
          label="Figures"
          options={[
            ['shares', 'Scores'],
            ['loss', 'Loss'],
            ['calibration', 'Calibration'],
          ]}
          chosen={group}
          choose={setGroup}
        />
      }
    >
      {fault === null ? null : <Notice error={fault} />}
      {shown === undefined ? (
        fault === null && <Skeleton />
      ) : (
        <Chart
          label={`Pooled validation figures over ${format.count(shown.rounds)} judged rounds`}
          height={chartHeight}
          option={option}
          table={() => (
            <CurveTable
              label="Pooled validation figures"
              names={metrics.map((name) => scoreWords[name].label)}
              curves={metrics.map((name) => pooledOf(series?.get(name)))}
              rounds={shown.rounds}
            />
          )}
        />
      )}
    </Card>
  );
}

function BySite({ view }: { readonly view: LiveRun }) {
  const [score, setScore] = useState<SiteScore>('accuracy');
  const [chosen, setChosen] = useState(nobody);
  const { value, fault } = useSeries(view, [score]);
  const series = value?.get(score);
  const { x, marks } = useMarks(view, series);
  const lines = useMemo(() => (series === undefined ? [] : siteLines(series, x, chosen)), [series, x, chosen]);
  const option = useMemo(
    () => (ink: Parameters<typeof roundsChart>[2]) => roundsChart(lines, marks, ink),
    [lines, marks],
  );
  const sites = view.sites.map(({ site }) => String(site));
  return (
    <Card
      title="Site by site"
      text="Each site’s own validation patients, as far as it released the figure."
      tools={
        <>
          <Pick
            label="Highlight"
            options={[[nobody, 'no site'], ...sites.map((site) => [site, site] as const)]}
            chosen={chosen}
            choose={setChosen}
          />
          <Choice
            label="Figure"
            options={siteScores.map((name) => [name, scoreWords[name].label] as const)}
            chosen={score}
            choose={setScore}
          />
        </>
      }
    >
      {fault === null ? null : <Notice error={fault} />}
      {series === undefined ? (
        fault === null && <Skeleton />
      ) : (
        <Chart
          label={`${scoreWords[score].label} of ${format.count(sites.length)} sites over the rounds`}
          height={chartHeight}
          option={option}
          table={() => (
            <CurveTable
              label={`${scoreWords[score].label} by site and round`}
              names={series.lines.map(({ site }) => site ?? 'all sites')}
              curves={series.lines.map(({ points }) => points)}
              rounds={series.rounds}
            />
          )}
        />
      )}
    </Card>
  );
}

/** Curves in figures. Of long ones each has its own rounds, those that its drawing needs. */
function CurveTable({
  label,
  names,
  curves,
  rounds,
}: {
  readonly label: string;
  readonly names: readonly string[];
  readonly curves: Parameters<typeof rowsOf>[0];
  readonly rounds: number;
}) {
  return (
    <>
      {rounds <= mostPoints ? null : (
        <p className="quiet small">
          Of {format.count(rounds)} rounds each curve shows {format.count(mostPoints)}: its ends, its highs and its
          lows.
        </p>
      )}
      <Table
        label={label}
        columns={[{ title: 'Round' }, ...names.map((title) => ({ title, number: true }))]}
        rows={rowsOf(curves).map(({ stage, round, values }) => ({
          key: `${stage} ${round}`,
          cells: [
            stage === 0 ? format.count(round) : `${format.count(round)} of stage ${format.count(stage + 1)}`,
            ...values.map((value) => (value === undefined ? '' : format.score(value))),
          ],
        }))}
      />
    </>
  );
}
