export type { Blueprint, Family, FamilyOptions, Input } from './family.js';
export type { InitialOptions, InitialWeights } from './initial.js';
export { initialWeights } from './initial.js';
export { families, familyOf } from './registry.js';
