import type { LiveRun, listReports } from '@consilium/coordinator/api';
import type { SignedReport, SiteReport } from '@consilium/shared/report';
import type { z } from 'zod';
import { get } from '../call.js';
import { useMe } from '../session.js';
import { type Fetched, useFetched } from '../use.js';

/** A site's evaluation in the final test: its report, or null where it released none. */
export interface SiteResult {
  readonly site: string;
  readonly report: SiteReport | null;
}

/** What the sites released of the final test, as far as the reader may see it. */
export function useSiteReports({ run, phase, sites, step }: LiveRun): Fetched<readonly SiteResult[]> {
  const me = useMe();
  const tested = phase === 'closed' || step === 'test';
  const handedIn = step === 'test' ? sites.filter(({ standing }) => standing === 'accepted').length : 'all';
  return useFetched(tested && me.role !== 'viewer' ? `${run} ${handedIn}` : null, async (signal) => {
    const { reports } = await get<z.infer<typeof listReports.answer>>(`api/runs/${run}/reports`, signal);
    return Promise.all(
      reports.map(async ({ manifest: { site }, released }) => {
        if (!released) return { site, report: null };
        const { report } = await get<SignedReport>(`api/runs/${run}/reports/${site}`, signal);
        return { site, report };
      }),
    );
  });
}
