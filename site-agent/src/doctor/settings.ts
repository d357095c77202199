import { readSettings, readSettingsIfThere, type SiteHome, type SiteSettings } from '../config/index.js';
import { type Finding, fault, fine } from './finding.js';

/**
 * Reads site.yaml. Where data are named on the command line a site needs none yet.
 * @returns the settings, null without; and what there is to say of them
 */
export async function examineSettings(
  home: SiteHome,
  dataGiven: boolean,
): Promise<{ readonly settings: SiteSettings | null; readonly found: Finding | null }> {
  try {
    const settings = await (dataGiven ? readSettingsIfThere : readSettings)(home.settings);
    if (settings === null) return { settings, found: null };
    return { settings, found: fine('Settings', home.settings, { facts: { file: home.settings } }) };
  } catch (thrown) {
    return { settings: null, found: fault('Settings', thrown) };
  }
}
