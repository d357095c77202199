import { idOf } from '@consilium/shared/contract';
import type { WireError } from '@consilium/shared/errors';
import type { SiteId, StepId } from '@consilium/shared/ids';
import { shareBehind } from './samples.js';
import type { Absence, RunState } from './state.js';

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
  /** Steps that were folded although they lacked what the contract asks for, as it says, and what that was. */
  readonly shortfalls: readonly { readonly step: StepId; readonly unmet: readonly WireError[] }[];
  /** Least and mean share of the signed training samples behind a training round; null before the first. */
  readonly sampleShare: { readonly least: number; readonly mean: number } | null;
}

export function coverageOf(state: RunState): Coverage {
  const asked = state.history.filter(({ step }) => !step.startsWith('initial'));
  const contributed = new Map<SiteId, number>();
  for (const { sites } of asked) for (const site of sites) contributed.set(site, (contributed.get(site) ?? 0) + 1);
  const sites = state.sites.map((site) => {
    return {
      site,
      samples: state.samples.get(site) ?? null,
      contributed: contributed.get(site) ?? 0,
      asked: asked.length,
      missing: stretches([...asked.map(({ absent }) => absent.get(site)), state.absent.get(site)]),
    };
  });
  const shortfalls = state.history.flatMap(({ step, unmet }) => (unmet.length === 0 ? [] : [{ step, unmet }]));
  return { sites, shortfalls, sampleShare: sampleShares(state) };
}

/** `complete` only when every site that was not excused stands behind every step, and no step lacks what the contract asks for. */
export function outcomeOf(state: RunState): 'complete' | 'degraded' {
  const { sites, shortfalls } = coverageOf(state);
  const isWhole = sites.every(({ missing }) => missing.every(({ excused }) => excused));
  return isWhole && shortfalls.length === 0 ? 'complete' : 'degraded';
}

/** Absences step by step as stretches. What the contract excuses for the same reason step after step, as in a stage, is one. */
function stretches(absences: readonly (Absence | undefined)[]): Coverage['sites'][number]['missing'] {
  const found: { since: StepId; error: WireError; excused: boolean }[] = [];
  let before: Absence | undefined;
  for (const absence of absences) {
    const goesOn =
      absence?.step === before?.step ||
      (absence?.excused && before?.excused && absence.error.code === before.error.code);
    before = absence;
    if (absence && !goesOn) found.push({ since: absence.step, error: absence.error, excused: absence.excused });
  }
  return found;
}

function sampleShares(state: RunState): Coverage['sampleShare'] {
  const steps = new Map(state.steps.map((step) => [idOf(step), step]));
  const shares = state.history.flatMap(({ step: id, sites }) => {
    const step = steps.get(id);
    const behind = new Set(sites);
    return step?.kind === 'train' ? [shareBehind(state, step, (site) => behind.has(site))] : [];
  });
  if (shares.length === 0) return null;
  return { least: Math.min(...shares), mean: shares.reduce((sum, share) => sum + share, 0) / shares.length };
}
