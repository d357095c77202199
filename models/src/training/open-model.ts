import { layoutElements } from '@consilium/shared/weights';
import type { tf } from '../backend/index.js';
import type { NamedTensors, Parameter } from '../layers/index.js';
import { createVariables, drawWeights, isTrained, type Scope } from '../layers/index.js';
import type { TensorGroup, Tensors } from './model.js';
import { layoutOf, metadataOf } from './model-file.js';

export interface ModelPlan<Network extends object> {
  readonly family: string;
  readonly preset: string;
  readonly stage: string;
  /** Tensors of the stage in their fixed order; no two of one name. */
  readonly parameters: readonly Parameter[];
  readonly seed: number;
  /** What the model can do, from its weights by name. */
  readonly network: (weights: NamedTensors) => Network;
}

/** What a site keeps of a model from round to round is small: the layers of a normalisation, never those of a network. */
const localLimitElements = 262_144;

/** Makes a model's variables with starting weights drawn from the seed, and sorts them by what becomes of them. */
export function openModel<Network extends object>(plan: ModelPlan<Network>): Tensors & Network {
  const { parameters } = plan;
  const names = parameters.map(({ name }) => name);
  if (new Set(names).size < names.length) throw new RangeError(`two tensors of one name among ${names.join(', ')}`);
  const variables = createVariables(parameters, drawWeights(parameters, plan.seed));
  const named = parameters.map((parameter, index) => ({ ...parameter, variable: at(variables, index) }));
  const group = (wanted: Scope): TensorGroup => {
    const members = named.filter(({ scope = 'shared' }) => scope === wanted);
    return { layout: layoutOf(members), variables: members.map(({ variable }) => variable) };
  };
  const local = group('local');
  if (layoutElements(local.layout) > localLimitElements) throw new RangeError('local tensors too large to be carried');
  return {
    metadata: metadataOf(plan.family, plan.preset, plan.stage),
    shared: group('shared'),
    local,
    frozen: group('frozen'),
    trained: named.filter(isTrained).map(({ name, variable }) => ({ name, variable })),
    dispose: () => {
      for (const variable of variables) variable.dispose();
    },
    ...plan.network(Object.fromEntries(named.map(({ name, variable }) => [name, variable]))),
  };
}

function at(variables: readonly tf.Variable[], index: number): tf.Variable {
  const variable = variables[index];
  if (variable === undefined) throw new RangeError(`no variable ${index}`);
  return variable;
}
