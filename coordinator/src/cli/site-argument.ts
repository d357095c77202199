import { fail } from '@consilium/shared/errors';
import { type SiteId, siteId } from '@consilium/shared/ids';

/** A site's name from the command line. @throws CSM-CLI-ARGUMENT */
export function readSite(text: string): SiteId {
  const parsed = siteId.safeParse(text);
  return parsed.success
    ? parsed.data
    : fail('CSM-CLI-ARGUMENT', { name: 'The site', problem: parsed.error.issues[0]?.message ?? 'no such name' });
}
