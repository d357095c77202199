export { followKeys, type KeyFollower } from './follow-keys.js';
export { makeNextKey, type NextKey, openSiteKeys, type SiteKeys } from './site-keys.js';
