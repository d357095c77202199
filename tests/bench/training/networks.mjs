import { amu } from './amu.mjs';
import { attentionAml } from './attention-aml.mjs';
import { autoencoder } from './autoencoder.mjs';
import { genbloom } from './genbloom.mjs';
import { vggLike } from './vgg-like.mjs';
import { vgg19 } from './vgg19.mjs';

/** What is measured, by name. */
export const networks = {
  'attention-aml': attentionAml({ features: 2000, classes: 21 }),
  amu: amu({ drops: true }),
  amu0: amu({ drops: false }),
  'vgg-like': vggLike({ batch: 8, side: 64, stages: [32, 64, 128], heads: 4, hidden: 64, classes: 2 }),
  vgg19: vgg19({ batch: 8, side: 64, classes: 4 }),
  autoencoder: autoencoder({ batch: 256, widths: [2000, 1024, 512, 256, 512, 1024, 2000] }),
  'genbloom-like': genbloom({ batch: 4, tokens: 128, features: 768, width: 256, depth: 4, heads: 4, classes: 10 }),
};

/** Small enough for a test, and of most kinds of layer. */
export const trial = {
  trial: vggLike({ batch: 4, side: 16, stages: [4, 8], heads: 2, hidden: 8, classes: 2 }),
};

/** Upper limits of a step's time against PyTorch on the same processor. */
export const goals = {
  native: {
    'attention-aml': 3.0,
    amu: 0.9,
    'vgg-like': 1.8,
    vgg19: 1.8,
    autoencoder: 1.2,
    'genbloom-like': 1.8,
  },
  wasm: { 'vgg-like': 8, autoencoder: 6 },
};

/** PyTorch is slow where attention weights are dropped, so `amu` is also held against it without dropout. */
export const secondGoals = { native: { amu: { to: 'amu0', atMost: 1.5 } } };
