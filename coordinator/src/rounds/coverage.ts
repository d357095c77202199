import type { WireError } from '@consilium/shared/errors';
import type { SiteId, StepId } from '@consilium/shared/ids';
import type { RunState } from './state.js';

/** Who stands behind a run, said at its end and on the way. */
export interface Coverage {
  readonly sites: readonly {
    readonly site: SiteId;
    /** Training samples that the site signed; null when it never did. */
    readonly samples: number | null;
    /** Steps that hold a contribution of the site, and steps that asked it. */
    readonly contributed: number;
    readonly asked: number;
    /** Each stretch without the site: where it began, why, whether the contract's own rule excuses it. */
    readonly missing: readonly { readonly since: StepId; readonly error: WireError; readonly excused: boolean }[];
  }[];
  /** Least and mean share of the signed training samples behind a training round; null before the first. */
  readonly sampleShare: { readonly least: number; readonly mean: number } | null;
}

export function coverageOf(state: RunState): Coverage {
  const asked = state.history.filter(({ step }) => !step.startsWith('initial'));
  const sites = state.sites.map((site) => {
    const missing = new Map<string, { since: StepId; error: WireError; excused: boolean }>();
    const absences = [...asked.map(({ absent }) => absent.get(site)), state.absent.get(site)];
    for (const absence of absences) {
      if (absence) missing.set(absence.step, { since: absence.step, error: absence.error, excused: absence.excused });
    }
    return {
      site,
      samples: state.samples.get(site) ?? null,
      contributed: asked.filter((entry) => entry.sites.includes(site)).length,
      asked: asked.length,
      missing: [...missing.values()],
    };
  });
  return { sites, sampleShare: sampleShares(state) };
}

/** `complete` only when every site that was not excused stands behind every step. */
export function outcomeOf(state: RunState): 'complete' | 'degraded' {
  const { sites } = coverageOf(state);
  return sites.every(({ missing }) => missing.every(({ excused }) => excused)) ? 'complete' : 'degraded';
}

function sampleShares(state: RunState): Coverage['sampleShare'] {
  const total = [...state.samples.values()].reduce((sum, n) => sum + n, 0);
  const shares = state.history
    .filter(({ step }) => step.startsWith('train:'))
    .map(({ sites }) => sites.reduce((sum, site) => sum + (state.samples.get(site) ?? 0), 0) / Math.max(1, total));
  if (shares.length === 0) return null;
  return { least: Math.min(...shares), mean: shares.reduce((sum, share) => sum + share, 0) / shares.length };
}
