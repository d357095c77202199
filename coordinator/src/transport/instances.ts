import type { SiteId } from '@consilium/shared/ids';
import type { Clock } from '@consilium/shared/wire';

/** Former instances remembered for each site. */
const remembered = 16;
/** Two agents that alternate say so with every status; that they do is news so often. */
const newsMs = 3_600_000;

/** Tells a restarted agent from two agents that share a key. */
export interface Instances {
  /**
   * Takes note of the instance that a site speaks as.
   * @returns null unless it had been replaced by another one before: no agent comes back from the past. Else whether
   * that is news of this site
   */
  alternates(site: SiteId, instance: string): { readonly isNews: boolean } | null;
}

export function createInstances(clock: Pick<Clock, 'now'>): Instances {
  const sites = new Map<SiteId, { readonly current: string; readonly former: readonly string[] }>();
  const toldMs = new Map<SiteId, number>();

  function isNews(site: SiteId): boolean {
    const last = toldMs.get(site);
    if (last !== undefined && clock.now() - last < newsMs) return false;
    toldMs.set(site, clock.now());
    return true;
  }

  return {
    alternates(site, instance) {
      const known = sites.get(site);
      if (known === undefined) {
        sites.set(site, { current: instance, former: [] });
        return null;
      }
      if (known.current === instance) return null;
      const returned = known.former.includes(instance);
      const former = known.former.filter((one) => one !== instance);
      sites.set(site, { current: instance, former: [...former, known.current].slice(-remembered) });
      return returned ? { isNews: isNews(site) } : null;
    },
  };
}
