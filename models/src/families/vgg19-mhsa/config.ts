import { z } from 'zod';
import type { FamilyOptions } from '../family.js';
import { presetOptions, refuseOptions } from '../preset-options.js';

const family = 'vgg19-mhsa';

/** A network of the family. Run files choose one as a preset; what it is made of is not theirs to change. */
export interface Architecture {
  /** Channels of each convolution, block by block; a 2 × 2 pool ends each block. */
  readonly blocks: readonly (readonly [number, ...number[]])[];
  /** Width of the dense layer before the classes. */
  readonly hidden: number;
}

export const architectures = {
  paper: {
    blocks: [
      [64, 64],
      [128, 128],
      [256, 256, 256, 256],
      [512, 512, 512, 512],
      [512, 512, 512, 512],
    ],
    hidden: 256,
  },
  medium: {
    blocks: [
      [16, 16],
      [32, 32],
      [64, 64, 64, 64],
      [128, 128, 128, 128],
    ],
    hidden: 64,
  },
  small: {
    blocks: [
      [8, 8],
      [16, 16],
      [32, 32, 32, 32],
    ],
    hidden: 16,
  },
} as const satisfies Readonly<Record<string, Architecture>>;

export type Preset = keyof typeof architectures;

/** Settings of the network. The presets fill in what a run file leaves out. */
export const vgg19Options = z
  .strictObject({
    preset: z.enum(['paper', 'medium', 'small']),
    /**
     * After each convolution: `none`; `group`, over each image for itself; or batch normalisation, whose every number stays at its
     * site (`batchLocal`, FedBN) or is averaged over the sites (`batchShared`).
     */
    normalisation: z.enum(['none', 'group', 'batchLocal', 'batchShared']),
    /** Whether the places of the last block attend to one another before their mean is taken. */
    attention: z.boolean(),
    heads: z.int().min(1).max(64),
    /** Whether a learned table tells attention the places. */
    positions: z.boolean(),
    loss: z.enum(['focal', 'crossEntropy']),
    /** Of the focal loss; 0 is the cross-entropy. */
    gamma: z
      .number()
      .max(10)
      .refine((gamma) => gamma === 0 || gamma >= 1, 'must be 0 or at least 1: between them the gradient has a pole'),
    /** Whether training images are turned, mirrored, zoomed and relit at random. */
    augment: z.boolean(),
    /** So many blocks from the first on keep the values that they start with. */
    freezeBlocks: z.int().min(0),
    /** Share of the hidden layer that is dropped while training. */
    dropout: z.number().min(0).max(0.95),
  })
  .superRefine(({ preset, attention, heads, positions, freezeBlocks }, context) => {
    const { blocks } = architectures[preset];
    const width = blocks.at(-1)?.at(-1) ?? 0;
    const add = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (attention && width % heads !== 0) add('heads', `must divide the width ${width} of the last block`);
    if (positions && !attention) add('positions', 'needs attention');
    if (freezeBlocks > blocks.length) add('freezeBlocks', `must not exceed the ${blocks.length} blocks`);
  });

export type Vgg19Options = Readonly<z.infer<typeof vgg19Options>>;

const usual = {
  ...{ normalisation: 'none', attention: true, heads: 8, positions: false },
  ...{ loss: 'focal', gamma: 2, augment: true, freezeBlocks: 0 },
} as const;

const presets = {
  paper: { ...usual, dropout: 0.5 },
  medium: { ...usual, normalisation: 'group', dropout: 0 },
  small: { ...usual, heads: 4, dropout: 0.1 },
} as const;

/** A preset with the run file's changes, checked. Fails with `CSM-MODEL-OPTIONS`. */
export const parseOptions = (preset: string, options: FamilyOptions): Vgg19Options =>
  presetOptions({ family, schema: vgg19Options, presets }, preset, options);

export const refuse = (problem: string): never => refuseOptions(family, problem);
