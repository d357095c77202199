export type { Blueprint, Family, FamilyOptions, Input } from './family.js';
export type { InitialOptions, InitialWeights } from './initial.js';
export { initialWeights } from './initial.js';
export { familyOf } from './registry.js';
