import type { LiveRun } from '@consilium/coordinator/api';
import { reportWords, runTableWords, siteTableWords } from '@consilium/shared/words';
import { format } from '../locale.js';
import { Card, Skeleton } from '../parts/card.js';
import { Chip } from '../parts/chip.js';
import { Absent, Notice } from '../parts/notice.js';
import { Table } from '../parts/table.js';
import { useMe } from '../session.js';
import { shown } from './classes.js';
import { useSiteReports } from './site-reports.js';

/** Each site's report of the final test: the page to read, and the signed record. */
export function Reports({ view }: { readonly view: LiveRun }) {
  const me = useMe();
  const { value: results, fault } = useSiteReports(view);
  if (me.role === 'viewer') return <Absent>Reports of sites are shown to the lead and to the site itself.</Absent>;
  if (view.phase !== 'closed' && view.step !== 'test') return <Absent>Reports come with the final test.</Absent>;
  if (fault !== null) return <Notice error={fault} />;
  if (results === null) return <Skeleton />;
  const released = results.flatMap(({ site, report }) => (report === null ? [] : [{ site, report }]));
  return (
    <Card title="Reports" text="Made and signed at each site. What counts too few patients was withheld there.">
      <Table
        label="Reports of the sites"
        stack
        columns={[
          { title: 'Site' },
          { title: 'Report' },
          { title: 'Test patients', number: true },
          { title: 'Accuracy', number: true },
          { title: 'Read' },
          { title: 'Record' },
        ]}
        rows={[
          ...released.map(({ site, report }) => ({
            key: site,
            cells: [
              site,
              <Chip key="state" word={reportWords.released} />,
              format.count(report.measures.n),
              report.caveat === undefined
                ? shown(report.measures.scores.accuracy.value, (value) => format.score(value))
                : '–',
              <a key="read" href={`api/runs/${view.run}/reports/${site}/html`} target="_blank" rel="noreferrer">
                Open
              </a>,
              <a key="json" href={`api/runs/${view.run}/reports/${site}`} download={`${view.name}-${site}.json`}>
                Signed JSON
              </a>,
            ],
          })),
          ...view.lacking.map(({ site, report }) => ({
            key: site,
            cells: [site, <Chip key="state" word={reportWords[report]} />, '–', '–', '–', '–'],
          })),
        ]}
      />
      {me.role === 'lead' ? <Tables words={runTableWords} at={`api/runs/${view.run}/report.csv`} /> : null}
      {me.role === 'site' && released.some(({ site }) => site === me.site) ? (
        <Tables words={siteTableWords} at={`api/runs/${view.run}/reports/${me.site}/csv`} />
      ) : null}
      {view.lacking.map(({ site, error }) => (error === null ? null : <Notice key={site} who={site} error={error} />))}
    </Card>
  );
}

/** The tables of a report as files for a spreadsheet. */
const Tables = ({ words, at }: { readonly words: Readonly<Record<string, string>>; readonly at: string }) => (
  <p className="small">
    Tables as CSV:{' '}
    {Object.entries(words).map(([name, meaning], index) => (
      <span key={name}>
        {index === 0 ? '' : ', '}
        <a href={`${at}?table=${name}`} title={meaning} download>
          {name}
        </a>
      </span>
    ))}
  </p>
);
