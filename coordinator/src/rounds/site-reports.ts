import { coded, toWire, type WireError } from '@consilium/shared/errors';
import type { SiteId } from '@consilium/shared/ids';
import type { RunState, StepHistory } from './state.js';

/** What became of one site's report of the final test. */
export interface ReportStanding {
  readonly site: SiteId;
  /** `withheld`: the site was judged, and may tell nothing of it; `missing`: nothing of it came. */
  readonly report: 'released' | 'withheld' | 'missing';
  /** Why there is none; null beside a released one. */
  readonly error: WireError | null;
}

/** What became of each site's report, in canonical site order; null while the final test may still bring them. */
export function reportStandings(state: RunState): readonly ReportStanding[] | null {
  const test = state.history.findLast(({ step }) => step === 'test') ?? null;
  if (test === null && state.phase !== 'closed') return null;
  return state.sites.map((site) => (test === null ? untested(state, site) : tested(state, test, site)));
}

function tested(state: RunState, { sites, absent, released, metrics }: StepHistory, site: SiteId): ReportStanding {
  if (!sites.includes(site)) return { site, report: 'missing', error: absent.get(site)?.error ?? null };
  if (released.some((own) => own.site === site && own.n !== null)) return { site, report: 'released', error: null };
  // A model without classes is judged by its loss alone, and no site has a report of that.
  const isByLoss = metrics !== null && metrics.accuracy === null;
  const { minimumCell } = state.contract.runFile.validation;
  const error = isByLoss
    ? coded('CSM-REPORT-NO-CLASSES', { site })
    : coded('CSM-REPORT-WITHHELD', { site, minimum: minimumCell });
  return { site, report: 'withheld', error: toWire(error) };
}

/** Of a run that was closed before its test was folded; what came for it by then is there all the same. */
function untested({ accepted, absent, refused, error, steps, index }: RunState, site: SiteId): ReportStanding {
  if (steps[index]?.kind === 'test' && accepted.has(site)) return { site, report: 'released', error: null };
  return { site, report: 'missing', error: absent.get(site)?.error ?? refused.get(site)?.error ?? error };
}
