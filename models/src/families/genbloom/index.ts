import type { Family } from '../family.js';
import { parseOptions } from './config.js';
import { checkInput } from './data.js';
import { example } from './example.js';
import { explain } from './explain.js';
import { buildGenbloom, genbloomParameters, type Stage, stageOf, stages } from './network.js';
import { type Shape, shapeOf } from './shape.js';

export type { GenbloomModel, Meeting } from './network.js';
export { buildGenbloom } from './network.js';

/** One vector a patient from the cells of a blood smear, aligned with karyotype and mutations. */
export const genbloom: Family = {
  name: 'genbloom',
  input: 'bags',
  stages,
  parseOptions,
  parameters: (blueprint) => genbloomParameters(shapeOf(blueprint), stageOf(blueprint.stage)),
  build: ({ seed, ...blueprint }) => buildGenbloom(shapeOf(blueprint), stageOf(blueprint.stage), seed),
  checkInput,
  warnings: (blueprint) => warnings(shapeOf(blueprint), stageOf(blueprint.stage)),
  example,
  explain,
};

function warnings({ options }: Shape, stage: Stage): readonly string[] {
  if (stage !== 'align' || options.projectionNorm !== 'batchShared') return [];
  return [
    'Averages and variances of the batch normalisations in projection and genetic encoders are averaged over all sites (projectionNorm: batchShared); where sites differ, batchLocal, the default, does better.',
  ];
}
