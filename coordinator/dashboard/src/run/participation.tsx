import type { LiveRun } from '@consilium/coordinator/api';
import { turnHues, turnoutChart, turnoutHeight, turns } from '@consilium/shared/report/charts';
import { useMemo } from 'react';
import { Chart } from '../charts/chart.js';
import { format } from '../locale.js';
import { Card } from '../parts/card.js';
import { Track } from '../parts/chip.js';
import { Absent, Notice } from '../parts/notice.js';
import { Table } from '../parts/table.js';
import { type PastStep, sentBy } from './history.js';
import { useSteps } from './records.js';
import { turnoutOf } from './turnout.js';

/** Who stood behind which round, what was missing and why, and how many bytes went over the line. */
export function Participation({ view }: { readonly view: LiveRun }) {
  const { value: steps } = useSteps(view);
  if (view.coverage.sites.length === 0) {
    return <Absent>Which site took part is shown to the lead and to the site itself.</Absent>;
  }
  return (
    <>
      <Rounds view={view} steps={steps} />
      <Gaps view={view} />
      <Traffic view={view} steps={steps} />
    </>
  );
}

interface Part {
  readonly view: LiveRun;
  readonly steps: readonly PastStep[] | null;
}

function Rounds({ view, steps }: Part) {
  const sites = useMemo(() => view.coverage.sites.map(({ site }) => String(site)), [view.coverage.sites]);
  const { rounds, rows } = useMemo(() => turnoutOf(steps ?? [], sites), [steps, sites]);
  const option = useMemo(
    () => (ink: Parameters<typeof turnoutChart>[3]) => ({
      ...turnoutChart(sites, rounds, rows, ink),
      tooltip: {
        trigger: 'item' as const,
        formatter: (cell: unknown) => {
          const [x = 0, y = 0, turn = 0] = cellOf(cell);
          return `${sites[y]}\nround ${rounds[x]}: ${turns[turn]}`;
        },
      },
    }),
    [sites, rounds, rows],
  );
  if (rounds.length === 0) return null;
  return (
    <Card
      title="Who took part"
      text="Each training round, site by site."
      tools={
        <span className="legend">
          {turns.map((turn) => (
            <Swatch key={turn} colour={turnHues[turn]} text={turn} />
          ))}
        </span>
      }
    >
      <Chart
        label={`Participation of ${format.count(sites.length)} sites in ${format.count(rounds.length)} rounds`}
        height={turnoutHeight(sites.length)}
        option={option}
        table={() => (
          <Table
            label="Participation by round"
            columns={[{ title: 'Round' }, ...sites.map((site) => ({ title: site }))]}
            rows={rounds.map((round, x) => ({ key: round, cells: [round, ...rows.map((row) => row[x] ?? '–')] }))}
          />
        )}
      />
    </Card>
  );
}

// The style is set by the script, not in markup, as the page's policy asks.
const Swatch = ({ colour, text }: { readonly colour: string; readonly text: string }) => (
  <span ref={(element) => element?.style.setProperty('--swatch', colour)}>{text}</span>
);

const cellOf = (cell: unknown): readonly number[] =>
  typeof cell === 'object' && cell !== null && 'value' in cell && Array.isArray(cell.value) ? cell.value : [];

function Gaps({ view }: { readonly view: LiveRun }) {
  const { sites, sampleShare } = view.coverage;
  const gaps = sites.flatMap((own) => own.missing.map((gap) => ({ ...gap, site: own.site })));
  return (
    <Card
      title="Coverage"
      {...(sampleShare === null
        ? {}
        : {
            text: `Behind a training round stood ${format.percent(sampleShare.mean)} of the samples on average, at least ${format.percent(sampleShare.least)}.`,
          })}
    >
      <Table
        label="Steps by site"
        columns={[{ title: 'Site' }, { title: 'Samples', number: true }, { title: 'Took part' }, { title: '' }]}
        rows={sites.map(({ site, samples, contributed, asked }) => ({
          key: site,
          cells: [
            site,
            samples === null ? '–' : format.count(samples),
            `${format.count(contributed)} of ${format.count(asked)} steps`,
            <Track key="share" share={asked === 0 ? 0 : contributed / asked} label={`Steps of ${site}`} />,
          ],
        }))}
      />
      {gaps.length === 0 ? <p className="quiet">Every site stood behind every step so far.</p> : null}
      {gaps.map(({ site, since, error, excused }) => (
        <Notice key={`${site} ${since}`} error={error} who={`${site}, since ${since}`}>
          {excused ? <p className="small">Excused by the contract’s own rule.</p> : null}
        </Notice>
      ))}
    </Card>
  );
}

function Traffic({ view, steps }: Part) {
  const sent = useMemo(() => sentBy(steps ?? []), [steps]);
  const most = Math.max(1, ...view.sites.map(({ bytesIn, bytesOut }) => Math.max(bytesIn, bytesOut)));
  if (view.sites.length === 0) return null;
  return (
    <Card title="Traffic" text="Bytes between the coordinator and each site since the coordinator started.">
      <Table
        label="Traffic by site"
        stack
        columns={[
          { title: 'Site' },
          { title: 'From the site', number: true },
          { title: 'Share' },
          { title: 'To the site', number: true },
          { title: 'Contributions', number: true },
          { title: 'Their bytes', number: true },
        ]}
        rows={view.sites.map(({ site, bytesIn, bytesOut }) => ({
          key: site,
          cells: [
            site,
            format.bytes(bytesIn),
            <Track key="in" share={bytesIn / most} label={`From ${site}`} />,
            format.bytes(bytesOut),
            steps === null ? '–' : format.count(sent.get(site)?.count ?? 0),
            steps === null ? '–' : format.bytes(sent.get(site)?.bytes ?? 0),
          ],
        }))}
      />
    </Card>
  );
}
