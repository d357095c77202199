import type { LiveRun } from '@consilium/coordinator/api';
import { useState } from 'react';
import { Skeleton } from '../parts/card.js';
import { Pick } from '../parts/choice.js';
import { Absent, Notice } from '../parts/notice.js';
import { useMe } from '../session.js';
import { Calibration } from './calibration.js';
import { Classes } from './classes.js';
import { ConfusionMatrix } from './confusion.js';
import { HeatMap } from './heat-map.js';
import { useSiteReports } from './site-reports.js';
import { Subgroups } from './subgroups.js';

/** What came of a run: every model at every site, then one site's report class by class. */
export function Results({ view }: { readonly view: LiveRun }) {
  const me = useMe();
  const { value: results, fault } = useSiteReports(view);
  const test = view.latest?.round === null ? view.latest : undefined;
  const [chosen, setChosen] = useState<string | null>(null);
  const released = (results ?? []).flatMap(({ report }) => report ?? []);
  const report = released.find(({ site }) => site === chosen) ?? released[0];
  if (test === undefined && view.phase !== 'closed' && view.step !== 'test') {
    return <Absent>The final test comes at the end of a run; until then the curves tell of the validation.</Absent>;
  }
  return (
    <>
      {fault === null ? null : <Notice error={fault} />}
      <HeatMap results={results ?? []} test={test} />
      {results === null && fault === null && me.role !== 'viewer' ? (
        <Skeleton text="Reports are on their way …" />
      ) : null}
      {report === undefined ? (
        <Absent>
          {me.role === 'viewer'
            ? 'Reports of sites are shown to the lead and to the site itself.'
            : 'No site released a report.'}
        </Absent>
      ) : (
        <>
          <div className="head">
            <h2>One site’s report</h2>
            <Pick
              label="Site"
              options={released.map(({ site }) => [site, site] as const)}
              chosen={report.site}
              choose={setChosen}
            />
          </div>
          <Classes report={report} />
          <ConfusionMatrix report={report} />
          <Subgroups report={report} />
          <Calibration report={report} />
        </>
      )}
    </>
  );
}
