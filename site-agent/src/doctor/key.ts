import { asCoded, coded } from '@consilium/shared/errors';
import type { Welcome } from '@consilium/shared/wire';
import { type Enrolment, lockHome, readIfThere, readStanding, type SiteHome } from '../config/index.js';
import { type Finding, fault, fine, warning } from './finding.js';

/** Proves the site's key to the coordinator, as the agent does. */
export type Prove = () => Promise<Welcome>;

/**
 * Whether the coordinator knows this site's key and the lead approved it. The newest session of a key wins, so where an
 * agent runs in this home its session is left alone and the certificate that it kept is read instead.
 */
export async function examineKey(home: SiteHome, { site }: Enrolment, prove: Prove): Promise<Finding> {
  try {
    const unlock = await lockHome(home);
    try {
      return judge(site, (await prove()).standing);
    } finally {
      await unlock();
    }
  } catch (thrown) {
    const error = asCoded(thrown);
    const isNext = error.code === 'CSM-SITE-REPLACED' && (await readIfThere(home.nextKey).catch(() => null)) !== null;
    if (isNext) return warning('Key', coded('CSM-DOCTOR-KEY-NEXT', { site }), { facts: { site } });
    if (error.code !== 'CSM-AGENT-IN-USE') return fault('Key', error);
    const approved = ((await readStanding(home).catch(() => null))?.certificate ?? null) !== null;
    const running = `the agent runs here (process ${error.details.pid}) and keeps its connection`;
    return judge(site, approved ? 'approved' : 'pending', running);
  }
}

function judge(site: string, standing: Welcome['standing'], running?: string): Finding {
  const facts = { site, standing, agentRuns: running !== undefined };
  if (standing === 'pending') return warning('Key', coded('CSM-DOCTOR-KEY-PENDING', { site }), { facts });
  const text = `site ${site} is approved by the lead`;
  return fine('Key', running === undefined ? text : `${text}; ${running}`, { facts });
}
