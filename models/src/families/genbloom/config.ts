import { z } from 'zod';
import type { FamilyOptions } from '../family.js';
import { presetOptions } from '../preset-options.js';

const width = z.int().min(4).max(16_384);
const share = z.number().min(0).max(1);
const cells = z.int().min(1).max(65_536);
const temperature = z.number().min(0.01).max(1);

/** Settings of all stages. The presets fill in what a run file leaves out. */
export const genbloomOptions = z
  .strictObject({
    preset: z.enum(['paper', 'small']),

    /** Of the vectors inside the aggregator, and of a patient's vector. */
    width,
    depth: z.int().min(1).max(48),
    heads: z.int().min(1).max(256),
    /** Feed-forward width, in widths. */
    mlpRatio: z.int().min(1).max(8),
    /** What each branch of a block is multiplied by at the start. */
    layerScale: z.number().gt(0).max(1),
    /** Cells of a bag that are looked at together: of a larger bag so many are drawn. */
    cells,

    /** Self-distillation: its head. */
    headHidden: width,
    bottleneck: width,
    prototypes: z.int().min(2).max(131_072),
    /** Most cells of a global view, 50 to 100 % of the bag. */
    globalCells: cells,
    /** Local views of a patient, each 10 to 30 % of the bag, of at least so many cells. */
    localViews: z.int().min(0).max(32),
    localCells: cells,
    /** SD of what is added to the features of a view. */
    noise: z.number().min(0).max(1),
    /** What keeps the teacher from saying the same of all patients. */
    teacher: z.enum(['centred', 'sinkhorn']),
    /** The teacher's temperature rises from the first to the second while the warm-up lasts, a share of the stage. */
    teacherStart: temperature,
    teacherTemperature: temperature,
    teacherWarmUp: share,
    studentTemperature: temperature,
    /** Share of the teacher that stays after a step; rises to 1 over the stage. */
    momentum: share,
    /** Share of the stage in which the prototypes stay where they are. */
    prototypesHeld: share,

    /** Genetic alignment: the part of the aggregator that is trained. */
    trainScope: z.enum(['all', 'lastBlock', 'heads']),
    /** `jaccard`: patients are alike as far as their findings overlap, from a half up; `exact`: with equal findings only. */
    positives: z.enum(['jaccard', 'exact']),
    temperature,
    /** Weight of telling the findings from their embedding. */
    reconstruction: z.number().min(0).max(100),
    /** Normalisation in projection and genetic encoders: of a batch, kept at the site or averaged over sites, or of each layer. */
    projectionNorm: z.enum(['batchLocal', 'batchShared', 'layer']),
    projectionHidden: width,
    karyotypeHidden: width,
    mutationsHidden: width,
    /** Width in which patients and genetics are compared. */
    embedding: width,
    dropout: z.number().min(0).max(0.95),
  })
  .superRefine(({ width, heads }, context) => {
    if (width % heads === 0) return;
    context.addIssue({ code: 'custom', path: ['heads'], message: `must divide the width ${width}` });
  });

export type GenbloomOptions = Readonly<z.output<typeof genbloomOptions>>;

/** What both presets share. */
const common = {
  noise: 0,
  teacher: 'centred',
  teacherStart: 0.04,
  teacherTemperature: 0.07,
  teacherWarmUp: 0.3,
  studentTemperature: 0.1,
  momentum: 0.994,
  prototypesHeld: 0.01,
  trainScope: 'all',
  positives: 'jaccard',
  reconstruction: 1,
  projectionNorm: 'batchLocal',
  dropout: 0.1,
} as const;

export const presets = {
  paper: {
    ...common,
    ...{ width: 768, depth: 6, heads: 12, mlpRatio: 4, layerScale: 1e-5, cells: 1024 },
    ...{ headHidden: 2048, bottleneck: 256, prototypes: 4096, globalCells: 256, localViews: 8, localCells: 8 },
    ...{ temperature: 0.07, projectionHidden: 64, karyotypeHidden: 256, mutationsHidden: 64, embedding: 128 },
  },
  small: {
    ...common,
    ...{ width: 32, depth: 2, heads: 4, mlpRatio: 2, layerScale: 0.1, cells: 64 },
    ...{ headHidden: 64, bottleneck: 16, prototypes: 64, globalCells: 16, localViews: 4, localCells: 4 },
    teacherTemperature: 0.04,
    ...{ temperature: 0.1, projectionHidden: 16, karyotypeHidden: 16, mutationsHidden: 16, embedding: 16 },
  },
} as const;

/** A preset with the run file's changes, checked. Fails with `CSM-MODEL-OPTIONS`. */
export const parseOptions = (preset: string, options: FamilyOptions): GenbloomOptions =>
  presetOptions({ family: 'genbloom', schema: genbloomOptions, presets }, preset, options);
