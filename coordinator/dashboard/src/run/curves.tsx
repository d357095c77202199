import type { LiveRun } from '@consilium/coordinator/api';
import { wilson } from '@consilium/shared/metrics';
import { type RoundLine, roundsChart } from '@consilium/shared/report/charts';
import { scoreWords } from '@consilium/shared/words';
import { useMemo, useState } from 'react';
import { Chart } from '../charts/chart.js';
import { format } from '../locale.js';
import { Card, Skeleton } from '../parts/card.js';
import { Choice, Pick } from '../parts/choice.js';
import { Absent, Notice } from '../parts/notice.js';
import { Table } from '../parts/table.js';
import { placesOf, pooledScores, roundsOf, type SiteScore, siteLines, siteScores } from './curve-lines.js';
import { useJudged } from './judged.js';

const chartHeight = 320;
const nobody = '–';

/** Which pooled figures stand in one drawing: those that share a scale. */
const groups = {
  shares: ['accuracy', 'balancedAccuracy', 'macroF1', 'auc'],
  loss: ['loss'],
  calibration: ['ece', 'brier'],
} as const satisfies Record<string, readonly (typeof pooledScores)[number][]>;
type Group = keyof typeof groups;

/** Validation figures over the rounds: all sites together, and each by itself. */
export function Curves({ view }: { readonly view: LiveRun }) {
  const { value: judged, fault } = useJudged(view);
  const rounds = useMemo(() => roundsOf(judged ?? []), [judged]);
  if (judged === null) return fault === null ? <Skeleton /> : <Notice error={fault} />;
  if (rounds.length === 0) return <Absent>No round was judged yet.</Absent>;
  return (
    <>
      <Pooled view={view} rounds={rounds} />
      <BySite view={view} rounds={rounds} />
    </>
  );
}

interface Part {
  readonly view: LiveRun;
  readonly rounds: ReturnType<typeof roundsOf>;
}

function useMarks({ view, rounds }: Part) {
  const { bestRound, stage, phase } = view;
  return useMemo(() => {
    const { x, stages } = placesOf(rounds);
    const last = rounds.at(-1)?.stage ?? 0;
    const chosen = bestRound === null || phase === 'new' ? null : x({ stage: stage?.index ?? last, round: bestRound });
    return { chosen, stages };
  }, [rounds, bestRound, stage, phase]);
}

function Pooled({ view, rounds }: Part) {
  const [group, setGroup] = useState<Group>('shares');
  const marks = useMarks({ view, rounds });
  const { x } = useMemo(() => placesOf(rounds), [rounds]);
  const option = useMemo(() => {
    const lines = groups[group].map(
      (name, index): RoundLine => ({
        name: scoreWords[name].label,
        weight: index === 0 ? 'main' : 'plain',
        points: rounds.map((round) => [x(round), round.pooled[name]] as const),
        ...(name === 'accuracy' && { band: accuracyBand(rounds, x) }),
      }),
    );
    return (ink: Parameters<typeof roundsChart>[2]) => roundsChart(lines, marks, ink);
  }, [group, rounds, marks, x]);
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
      <Chart
        label={`Pooled validation figures over ${format.count(rounds.length)} judged rounds`}
        height={chartHeight}
        option={option}
        table={() => <PooledTable rounds={rounds} />}
      />
    </Card>
  );
}

/** Accuracy is a share of known patients, so its interval follows from the two. */
const accuracyBand = (rounds: Part['rounds'], x: ReturnType<typeof placesOf>['x']): NonNullable<RoundLine['band']> =>
  rounds.flatMap((round) => {
    const { accuracy, n } = round.pooled;
    const interval = accuracy === null ? null : wilson(Math.round(accuracy * n), n);
    return interval === null ? [] : [[x(round), interval.low, interval.high] as const];
  });

const PooledTable = ({ rounds }: { readonly rounds: Part['rounds'] }) => (
  <Table
    label="Pooled validation figures"
    columns={[
      { title: 'Round' },
      { title: 'Patients', number: true },
      ...pooledScores.map((name) => ({ title: scoreWords[name].label, number: true })),
    ]}
    rows={rounds.map(({ step, stage, round, pooled }) => ({
      key: step,
      cells: [
        stage === 0 ? format.count(round) : `${format.count(round)} of stage ${format.count(stage + 1)}`,
        format.count(pooled.n),
        ...pooledScores.map((name) => format.score(pooled[name])),
      ],
    }))}
  />
);

function BySite({ view, rounds }: Part) {
  const [score, setScore] = useState<SiteScore>('accuracy');
  const [chosen, setChosen] = useState(nobody);
  const marks = useMarks({ view, rounds });
  const lines = useMemo(() => siteLines(rounds, score, chosen), [rounds, score, chosen]);
  const option = useMemo(
    () => (ink: Parameters<typeof roundsChart>[2]) => roundsChart(lines, marks, ink),
    [lines, marks],
  );
  const sites = lines.slice(1).map(({ name }) => name);
  if (sites.length === 0) return null;
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
      <Chart
        label={`${scoreWords[score].label} of ${format.count(sites.length)} sites over the rounds`}
        height={chartHeight}
        option={option}
        table={() => (
          <Table
            label={`${scoreWords[score].label} by site and round`}
            columns={[{ title: 'Round' }, ...lines.map(({ name }) => ({ title: name, number: true }))]}
            rows={rounds.map(({ step }, place) => ({
              key: step,
              cells: [
                format.count(lines[0]!.points[place]![0]),
                ...lines.map(({ points }) => format.score(points[place]![1])),
              ],
            }))}
          />
        )}
      />
    </Card>
  );
}
