import type { SiteId } from '@consilium/shared/ids';

/** Former instances remembered for each site. */
const remembered = 16;

/** Tells a restarted agent from two agents that share a key. */
export interface Instances {
  /**
   * Takes note of the instance that a site speaks as.
   * @returns true when it had been replaced by another one before: no agent comes back from the past
   */
  alternates(site: SiteId, instance: string): boolean;
}

export function createInstances(): Instances {
  const sites = new Map<SiteId, { current: string; readonly former: string[] }>();
  return {
    alternates(site, instance) {
      const known = sites.get(site);
      if (known === undefined) {
        sites.set(site, { current: instance, former: [] });
        return false;
      }
      if (known.current === instance) return false;
      const returned = known.former.includes(instance);
      const former = known.former.filter((one) => one !== instance);
      sites.set(site, { current: instance, former: [...former, known.current].slice(-remembered) });
      return returned;
    },
  };
}
