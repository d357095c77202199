export { asBags, type BagsFeedOptions, bagsFeed, drawVectors, type PaddedBags, padBags } from './bags.js';
export type { Feed } from './feed.js';
export { type ImageReading, imagesFeed } from './images.js';
export { rowsFeed } from './rows.js';
