export type { Wanted } from './blueprint.js';
export { blueprintOf } from './blueprint.js';
export type { Blueprint, Example, Explaining, Family, FamilyOptions, Finding, ForeignTensor } from './family.js';
export type { InitialOptions, InitialWeights } from './initial.js';
export { initialWeights, refuseShape, sameShape } from './initial.js';
export { families, familyOf } from './registry.js';
