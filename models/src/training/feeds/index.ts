export type { Feed } from './feed.js';
export { rowsFeed } from './rows.js';
