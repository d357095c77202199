import type { tf } from '@consilium/models/backend';
import type { Blueprint, Family } from '@consilium/models/families';
import {
  batchNorm,
  batchNormParameters,
  batchNormStatistics,
  dense,
  denseParameters,
  type Mode,
  type NamedTensors,
  type Parameter,
  stream,
  weight,
  withScope,
  zeros,
} from '@consilium/models/layers';
import { meanSquaredError, movedAverage } from '@consilium/models/losses';
import { labelled } from '@consilium/models/samples';
import { classifier, openModel, rowsFeed } from '@consilium/models/training';

const code = 4;
const name = 'toy';

const widthOf = ({ input }: Blueprint): number => (input.kind === 'rows' ? input.width : 0);

/** A code of the rows, normalised at each site by itself, and a slow copy of the code's bias. */
const body = (blueprint: Blueprint): readonly Parameter[] => [
  ...denseParameters('body', widthOf(blueprint), code),
  ...withScope([...batchNormParameters('norm', code), ...batchNormStatistics('norm', code)], 'local'),
];

const parameters = (blueprint: Blueprint): readonly Parameter[] => {
  switch (blueprint.stage) {
    case 'body':
      return [
        ...body(blueprint),
        ...denseParameters('decoder', code, widthOf(blueprint)),
        { name: 'slow', shape: [code], draw: zeros, role: 'averaged' },
      ];
    default:
      return [
        ...withScope(denseParameters('body', widthOf(blueprint), code), 'frozen'),
        ...body(blueprint).filter((parameter) => parameter.scope === 'local'),
        { name: 'slow-bias', shape: [code], draw: zeros, scope: 'frozen', from: 'slow' },
        ...denseParameters('head', code, blueprint.classes),
      ];
  }
};

const encode = (weights: NamedTensors, x: tf.Tensor2D, mode: Mode): tf.Tensor2D =>
  batchNorm(weights, 'norm', dense(weights, 'body', x), { eps: 1e-3, momentum: 0.8, mode });

function network(weights: NamedTensors, { classes, stage }: Blueprint) {
  if (stage === 'head') {
    const logits = (x: tf.Tensor2D, mode: Mode) => dense(weights, 'head', encode(weights, x, mode));
    return {
      classes,
      ...classifier({ feed: rowsFeed, logits, classes }),
      beside: async ({ judged }: { readonly judged: { readonly rows: number } }) => ({
        panels: [{ name: 'even', probabilities: new Float32Array(judged.rows * classes).fill(1 / classes) }],
        figures: [{ name: 'one', values: new Float32Array(judged.rows).fill(1) }],
      }),
    };
  }
  return {
    classes,
    classify: null,
    study: (samples: Parameters<Family['checkInput']>[0]) => {
      const inputs = rowsFeed(samples.input, true);
      return {
        loss: (rows: Int32Array, { mode }: { readonly mode: Mode }) => {
          const x = inputs.take(rows, mode);
          return meanSquaredError(dense(weights, 'decoder', encode(weights, x, mode)), x);
        },
        settle: () => {
          const slow = weight<tf.Variable>(weights, 'slow');
          slow.assign(movedAverage(slow, weight(weights, 'body/bias'), 0.9));
        },
        dispose: inputs.dispose,
      };
    },
  };
}

/** A family of two stages that has all that a family may have: local, frozen and averaged tensors. */
export const toy: Family = {
  name,
  input: 'rows',
  stages: ['body', 'head'],
  parseOptions: (_, options) => options,
  parameters,
  build: ({ seed, ...blueprint }) =>
    openModel({
      ...{ family: name, preset: 'small', stage: blueprint.stage, parameters: parameters(blueprint), seed },
      network: (weights) => network(weights, blueprint),
    }),
  checkInput: () => {},
  warnings: () => ['A toy.'],
  example: (seed) => {
    const random = stream(seed, 'toy');
    const values = Float32Array.from({ length: 12 * 6 }, random.normal);
    return {
      blueprint: { input: { kind: 'rows', width: 6 }, classes: 2, options: {}, stage: 'body' },
      samples: labelled({ kind: 'rows', rows: 12, width: 6, values }, new Int32Array(12)),
    };
  },
};
