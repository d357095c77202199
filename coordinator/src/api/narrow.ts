import type { WireError } from '@consilium/shared/errors';
import type { SiteId } from '@consilium/shared/ids';
import type { RunView } from '../conduct/view.js';
import type { Sight } from './role.js';

/** Whether somebody may see a site's details. */
export const sees = (sight: Sight, site: SiteId): boolean =>
  sight.role === 'lead' || (sight.role === 'site' && sight.site === site);

/**
 * A run as somebody may see it: all of it, or pooled figures with the lines of the own site, or pooled figures alone.
 * How many sites take part is pooled; which, and how each fares, is not.
 */
export function narrowRun(view: RunView, sight: Sight): RunView {
  if (sight.role === 'lead') return view;
  const own = <Line extends { readonly site: SiteId }>(lines: readonly Line[]): Line[] =>
    lines.filter(({ site }) => sees(sight, site));
  const others = view.sites.filter(({ site }) => !sees(sight, site)).map(({ site }) => site);
  return {
    ...view,
    error: view.error && withoutSites(view.error, new Set(others)),
    sites: own(view.sites),
    judged: view.judged.map((one) => ({ ...one, sites: own(one.sites) })),
    coverage: {
      ...view.coverage,
      sites: own(view.coverage.sites),
      shortfalls: view.coverage.shortfalls.map(({ step, unmet }) => ({ step, unmet: unmet.map(withoutShare) })),
    },
    participation: {
      ...view.participation,
      required: view.participation.required.filter((site) => sees(sight, site)),
      // The share grows with each site that comes: seen as it grows, it tells how large each of them is.
      open: view.participation.open && {
        ...view.participation.open,
        sampleShare: null,
        unmet: view.participation.open.unmet.map((error) => withoutShare(withoutSites(error, new Set(others)))),
      },
      missing: own(view.participation.missing),
    },
    lacking: own(view.lacking).map((one) => ({ ...one, error: one.error && withoutSites(one.error, new Set(others)) })),
  };
}

/** A fault of the whole run without what it says of certain sites: their names, and the figures beside them. */
export function withoutSites(error: WireError, sites: ReadonlySet<string>): WireError {
  const named = Object.values(error.details).some((value) => words(value).some((word) => sites.has(word)));
  if (!named) return error;
  const veiled = Object.entries(error.details).map(([key, value]): [string, string] => [
    key,
    typeof value === 'number'
      ? '–'
      : words(value)
          .map((word) => (sites.has(word) ? 'another site' : word))
          .join(''),
  ]);
  return { code: error.code, details: Object.fromEntries(veiled) };
}

/** A fault without the share of samples that it tells. */
export const withoutShare = ({ code, details }: WireError) => ({
  code,
  details: 'share' in details ? { ...details, share: '–' } : { ...details },
});

/** The words of a text, and what stands between them. Site ids are such words. */
const words = (value: string | number): string[] => String(value).split(/([^a-z0-9-]+)/);
