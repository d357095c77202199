import { familyOf } from '@consilium/models/families';
import { crossEntropy } from '@consilium/models/losses';

/** The family itself, as published in size. */
export function attentionAml({ features, classes }) {
  const family = familyOf('attention-aml');
  const input = { kind: 'rows', width: features };
  const blueprint = { input, classes, options: family.parseOptions('paper', {}), stage: 'train' };
  return {
    batch: 32,
    sample: [features],
    classes,
    parameters: family.parameters(blueprint),
    open(seed) {
      const model = family.build({ ...blueprint, seed });
      return {
        variables: model.trained.map(({ variable }) => variable),
        pass: (x, mode) => model.pass(x, mode).logits,
      };
    },
    loss: crossEntropy,
    twin: { kind: 'AttentionAml', settings: { features, classes } },
  };
}
