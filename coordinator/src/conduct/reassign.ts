import type { SiteId } from '@consilium/shared/ids';

/** Sites told in one turn of the event loop: some milliseconds of sealing. */
const atOnce = 64;

/**
 * Tells sites what they should do now, a few in each turn of the event loop: a step that a thousand sites begin must not hold
 * up the frames of those that still send. A site that changed twice before its turn is told once.
 * @param tell tells one site its assignment as it is at that moment
 * @param onFault hears of a site that could not be told; the others are
 */
export function createReassigner(
  tell: (site: SiteId) => void,
  onFault: (site: SiteId, thrown: unknown) => void,
): (sites: readonly SiteId[]) => void {
  const waiting = new Set<SiteId>();
  let isUnderWay = false;

  function tellSome(): void {
    isUnderWay = true;
    let told = 0;
    for (const site of waiting) {
      waiting.delete(site);
      try {
        tell(site);
      } catch (thrown) {
        onFault(site, thrown);
      }
      if (++told === atOnce) break;
    }
    isUnderWay = waiting.size > 0;
    if (isUnderWay) setImmediate(tellSome);
  }

  return (sites) => {
    for (const site of sites) waiting.add(site);
    if (!isUnderWay && waiting.size > 0) tellSome();
  };
}
