export { lgfNames, lgfVector, readBands } from './bands.js';
export type { Change } from './changes.js';
export { type Stretch, standardBands } from './chromosomes.js';
export { type Clone, type Karyotype, parseIscn } from './iscn.js';
