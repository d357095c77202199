export { castByColumn, castByFolder, type RehearsalSite } from './cast.js';
export { type Company, type CompanyOptions, openCompany } from './company.js';
export { type Compared, compare, comparisonText } from './compare.js';
export { type Audience, type RehearsalOptions, rehearse } from './rehearse.js';
export { barStage, lineStage, type Stage } from './stage.js';
export { type Summary, summaryText } from './summary.js';
export { openVariant } from './variant.js';
