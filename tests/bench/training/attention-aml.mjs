import { familyOf } from '@consilium/models/families';
import { crossEntropy } from '@consilium/models/losses';

/** The family itself, as published in size. */
export function attentionAml({ features, classes }) {
  const family = familyOf('attention-aml');
  const blueprint = { features, classes, options: family.parseOptions('paper', {}) };
  return {
    batch: 32,
    sample: [features],
    classes,
    parameters: family.parameters(blueprint),
    open(seed) {
      const model = family.build({ ...blueprint, seed });
      return { variables: model.trained.map(({ variable }) => variable), pass: (x, mode) => model.logits(x, mode) };
    },
    loss: crossEntropy,
    twin: { kind: 'AttentionAml', settings: { features, classes } },
  };
}
