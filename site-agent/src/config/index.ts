export { type Disk, realDisk } from './disk.js';
export {
  type Enrolment,
  enrolment,
  keepStanding,
  readEnrolment,
  readStanding,
  type Standing,
  writeEnrolment,
} from './enrolment.js';
export {
  adopt,
  freeBytes,
  makePrivate,
  readIfThere,
  readJsonIfThere,
  syncFolder,
  withDisk,
  writeWhole,
} from './files.js';
export { makeHome, type SiteHome, siteHome } from './home.js';
export { holdLock, lockHome } from './lock.js';
export {
  parseSettings,
  readSettings,
  readSettingsIfThere,
  type SiteSettings,
  siteSettings,
  writeSettings,
} from './settings.js';
export { hasKey, makeKey, openKey, openKeyIfThere, writeKey } from './site-key.js';
export { version } from './version.js';
