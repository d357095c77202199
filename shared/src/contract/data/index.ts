import { z } from 'zod';
import { cells } from './cells.js';
import { expressionTable } from './expression-table.js';
import { featureBags } from './feature-bags.js';
import { images } from './images.js';

export { type SiteFiles, siteFiles } from './common.js';
export { bagFeatures, bagSides, type FeatureBags } from './feature-bags.js';
export { imageFeatures } from './images.js';

/** What a site's files hold. A new kind is a file and a line here. */
export const data = z.discriminatedUnion('kind', [expressionTable, cells, images, featureBags]);
