import type { LiveRun } from '@consilium/coordinator/api';
import type { StepView } from '@consilium/coordinator/conduct';
import { fromWire } from '@consilium/shared/errors';
import {
  countsChart,
  countsHeight,
  turnHues,
  turnoutChart,
  turnoutHeight,
  turns,
} from '@consilium/shared/report/charts';
import { useMemo, useState } from 'react';
import { Chart } from '../charts/chart.js';
import { format } from '../locale.js';
import { Card, Skeleton } from '../parts/card.js';
import { Track } from '../parts/chip.js';
import { Absent, Notice } from '../parts/notice.js';
import { Table } from '../parts/table.js';
import { useSteps } from './steps.js';
import { roundsOf, turnoutOf } from './turnout.js';

/** So many of the newest steps are shown at first, and each time that more are asked for. */
const portion = 400;

/** Who stood behind which round, what was missing and why, and how many bytes went over the line. */
export function Participation({ view }: { readonly view: LiveRun }) {
  const [wanted, setWanted] = useState(portion);
  const { value: tail, fault } = useSteps(view, wanted);
  const seesAll = view.coverage.sites.length === view.turnout.sites;
  return (
    <>
      {fault === null ? null : <Notice error={fault} />}
      {tail === null ? (
        fault === null && <Skeleton />
      ) : (
        <>
          {seesAll ? null : <Numbers steps={tail.items} />}
          {view.coverage.sites.length === 0 ? null : <Rounds view={view} steps={tail.items} />}
          {tail.from === 0 ? null : (
            <p className="chart-foot">
              <button type="button" className="link-button" onClick={() => setWanted(wanted + portion)}>
                Show earlier rounds
              </button>
            </p>
          )}
        </>
      )}
      {view.coverage.sites.length === 0 ? (
        <Absent>Which site took part is shown to the lead and to the site itself.</Absent>
      ) : (
        <Gaps view={view} />
      )}
      <Traffic view={view} />
    </>
  );
}

/** How many sites stood behind each round, for those who do not see which. */
function Numbers({ steps }: { readonly steps: readonly StepView[] }) {
  const rounds = useMemo(() => roundsOf(steps), [steps]);
  const option = useMemo(
    () => (ink: Parameters<typeof countsChart>[1]) => ({
      ...countsChart(
        rounds.map(({ name, step: { asked, accepted, absent } }) => ({ name, accepted, absent, asked })),
        ink,
      ),
      tooltip: {
        trigger: 'axis' as const,
        valueFormatter: (value: unknown) => (typeof value === 'number' ? format.count(value) : '–'),
      },
    }),
    [rounds],
  );
  if (rounds.length === 0) return null;
  return (
    <Card title="How many took part" text="Sites behind each training round, and those that were missing.">
      <Chart
        label={`Sites behind ${format.count(rounds.length)} rounds`}
        height={countsHeight}
        option={option}
        table={() => (
          <Table
            label="Sites by round"
            columns={[
              { title: 'Round' },
              { title: 'Took part', number: true },
              { title: 'Missing', number: true },
              { title: 'Asked', number: true },
            ]}
            rows={rounds.map(({ name, step }) => ({
              key: step.step,
              cells: [name, format.count(step.accepted), format.count(step.absent), format.count(step.asked)],
            }))}
          />
        )}
      />
    </Card>
  );
}

function Rounds({ view, steps }: { readonly view: LiveRun; readonly steps: readonly StepView[] }) {
  const names = view.coverage.sites.map(({ site }) => site).join(' ');
  const sites = useMemo(() => names.split(' '), [names]);
  const { rounds, rows } = useMemo(() => turnoutOf(steps, sites), [steps, sites]);
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
        label={`Participation of ${sites.length === 1 ? '1 site' : `${format.count(sites.length)} sites`} in ${format.count(rounds.length)} rounds`}
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
      {view.coverage.shortfalls.map(({ step, unmet }) => (
        <p key={step} className="notice">
          {step} went on with less than the contract asks for: {unmet.map((error) => fromWire(error).message).join(' ')}
        </p>
      ))}
      {gaps.length === 0 ? (
        <p className="quiet">
          {sites.length === view.turnout.sites ? 'Every site' : 'It'} stood behind every step so far.
        </p>
      ) : null}
      {gaps.map(({ site, since, error, excused }) => (
        <Notice key={`${site} ${since}`} error={error} who={`${site}, since ${since}`}>
          {excused ? <p className="small">Excused by the contract’s own rule.</p> : null}
        </Notice>
      ))}
    </Card>
  );
}

function Traffic({ view }: { readonly view: LiveRun }) {
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
        ]}
        rows={view.sites.map(({ site, bytesIn, bytesOut }) => ({
          key: site,
          cells: [
            site,
            format.bytes(bytesIn),
            <Track key="in" share={bytesIn / most} label={`From ${site}`} />,
            format.bytes(bytesOut),
          ],
        }))}
      />
    </Card>
  );
}
