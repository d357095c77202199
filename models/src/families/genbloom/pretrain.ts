import { tf } from '../../backend/index.js';
import type { NamedTensors, Parameter } from '../../layers/index.js';
import {
  isTrained,
  selfDistillationHead,
  selfDistillationHeadParameters,
  stream,
  weight,
  zeros,
} from '../../layers/index.js';
import {
  centredTeacher,
  distilCells,
  distilViews,
  movedAverage,
  movedCentre,
  sinkhornTeacher,
} from '../../losses/index.js';
import type { LabelledSamples } from '../../samples/index.js';
import {
  asBags,
  cosineRamp,
  linearRamp,
  type PaddedBags,
  padBags,
  type StepPlace,
  type Study,
} from '../../training/index.js';
import { aggregate, aggregatorParameters } from './aggregator.js';
import type { GenbloomOptions } from './config.js';
import { drawViews, globalViews, type Views } from './crops.js';
import { holding } from './holding.js';
import { aggregatorShape, type Shape } from './shape.js';

/**
 * Parameters of self-distillation. `aggregator/` and `head/` are the teacher, an average of the student over its steps: it is what later
 * stages go on from. The student starts as the teacher.
 */
export function pretrainParameters(shape: Shape): readonly Parameter[] {
  const teacher = teacherParameters(shape);
  const { prototypes } = shape.options;
  return [
    ...teacher.map(
      (parameter): Parameter => ({ ...parameter, name: `student/${parameter.name}`, from: parameter.name }),
    ),
    ...teacher.map((parameter): Parameter => ({ ...parameter, role: 'averaged' })),
    { name: centres.patients, shape: [prototypes], draw: zeros, role: 'averaged' },
    { name: centres.cells, shape: [prototypes], draw: zeros, role: 'averaged' },
  ];
}

const teacherParameters = ({ options, ...shape }: Shape): readonly Parameter[] => [
  ...aggregatorParameters('aggregator', aggregatorShape({ ...shape, options })),
  ...selfDistillationHeadParameters('head', headShape(options)),
];

const headShape = ({ width, headHidden, bottleneck, prototypes }: GenbloomOptions) => ({
  width,
  hidden: headHidden,
  bottleneck,
  prototypes,
});

/** Where the teacher's logits lie in the mean, for patients and for single cells. */
const centres = { patients: 'centre/patients', cells: 'centre/cells' } as const;

/** What the teacher said of a batch, and what the student is to look at. */
interface Taught {
  readonly views: Views;
  readonly global: PaddedBags;
  /** Places of the masked cells in the padded global views. */
  readonly places: Int32Array;
  /** The teacher's probabilities: [2 · patients, prototypes], and of the masked cells, [places, prototypes]. */
  readonly patients: tf.Tensor2D;
  readonly cells: tf.Tensor2D | null;
  /** The centres after this batch. */
  readonly centres: readonly { readonly name: string; readonly value: tf.Tensor1D }[];
}

/** Self-distillation (Caron et al. 2021) over views of bags, and of masked cells (Zhou et al. 2022), one head for both. */
export function pretrainStudy(weights: NamedTensors, shape: Shape, samples: LabelledSamples): Study {
  const { options } = shape;
  const bags = asBags(samples.input);
  const followed = teacherParameters(shape).filter(isTrained);
  let taught: Taught | null = null;
  const forget = () => {
    if (taught !== null) tf.dispose([taught.global.cells, taught.global.present, taught.patients, taught.cells ?? []]);
    tf.dispose(taught?.centres.map(({ value }) => value) ?? []);
    taught = null;
  };
  return {
    ready: async (rows, place) => {
      forget();
      const views = drawViews(bags, rows, options, stream(place.mode.seed, 'views'));
      tf.tidy(() => {
        taught = kept(teach(weights, options, views, seen(bags, views.global, options, place), place));
      });
    },
    loss: (rows, place) => {
      if (taught === null) throw new ReferenceError('a batch that was not made ready');
      const local = taught.views.local.length === 0 ? null : seen(bags, taught.views.local, options, place);
      const held = place.progress < options.prototypesHeld && place.mode.training;
      return learn(held ? holding(weights, 'student/head/prototypes/direction') : weights, options, {
        taught,
        local,
        patients: rows.length,
        place,
      });
    },
    settle: ({ progress }) => {
      const momentum = cosineRamp(options.momentum, 1, progress);
      for (const { name } of followed) {
        const average = weight<tf.Variable>(weights, name);
        average.assign(movedAverage<tf.Tensor>(average, weight(weights, `student/${name}`), momentum));
      }
      for (const { name, value } of taught?.centres ?? []) weight<tf.Variable>(weights, name).assign(value);
      forget();
    },
    dispose: forget,
  };
}

/** Views on the device, with noise where there is to be some. */
function seen(
  bags: ReturnType<typeof asBags>,
  lists: readonly Int32Array[],
  { noise }: GenbloomOptions,
  { mode }: StepPlace,
): PaddedBags {
  const padded = padBags(bags, lists);
  if (noise === 0 || !mode.training) return padded;
  const random = stream(mode.seed, 'noise', lists.length);
  const added = Float32Array.from({ length: padded.cells.size }, () => noise * random.normal());
  return { ...padded, cells: padded.cells.add<tf.Tensor3D>(tf.tensor3d(added, padded.cells.shape)) };
}

/** What the teacher says of whole global views; within `tf.tidy`. */
function teach(
  weights: NamedTensors,
  options: GenbloomOptions,
  views: Views,
  global: PaddedBags,
  { mode, progress }: StepPlace,
): Taught {
  const places = maskedPlaces(views, global);
  const { patients, cells } = aggregate(weights, 'aggregator', global, { ...options, mode });
  const warmth = options.teacherWarmUp === 0 ? 1 : progress / options.teacherWarmUp;
  const temperature = linearRamp(options.teacherStart, options.teacherTemperature, warmth);
  const moved: Taught['centres'][number][] = [];
  const say = (vectors: tf.Tensor2D, name: string): tf.Tensor2D => {
    const logits = selfDistillationHead(weights, 'head', vectors);
    if (options.teacher === 'sinkhorn') return sinkhornTeacher(logits, temperature);
    const centre: tf.Tensor1D = weight(weights, name);
    moved.push({ name, value: movedCentre(centre, logits, centreMomentum) });
    return centredTeacher(logits, centre, temperature);
  };
  return {
    views,
    global,
    places,
    patients: say(patients, centres.patients),
    cells: places.length === 0 ? null : say(cells(places), centres.cells),
    centres: moved,
  };
}

const centreMomentum = 0.9;

/** Keeps what the student needs beyond the `tf.tidy` of the teacher. */
function kept(taught: Taught): Taught {
  for (const tensor of [taught.global.cells, taught.global.present, taught.patients]) tf.keep(tensor);
  if (taught.cells !== null) tf.keep(taught.cells);
  for (const { value } of taught.centres) tf.keep(value);
  return taught;
}

/** Places of masked cells in the padded views. */
function maskedPlaces({ masked }: Views, { cells }: PaddedBags): Int32Array {
  const most = cells.shape[1];
  return Int32Array.from(
    [...masked].flatMap((count, view) => Array.from({ length: count }, (_, at) => view * most + at)),
  );
}

interface Lesson {
  readonly taught: Taught;
  readonly local: PaddedBags | null;
  readonly patients: number;
  readonly place: StepPlace;
}

/** The student's loss: of its views of the patients, and of the cells that it was not shown. */
function learn(weights: NamedTensors, options: GenbloomOptions, { taught, local, patients, place }: Lesson): tf.Scalar {
  const { global, places, views } = taught;
  const { mode } = place;
  const [bags, most] = global.present.shape;
  const masks = new Float32Array(bags * most);
  for (const at of places) masks[at] = 1;
  const masked = tf.tensor2d(masks, [bags, most]);
  const large = aggregate(weights, 'student/aggregator', global, { ...options, mode, masked });
  const small = local && aggregate(weights, 'student/aggregator', local, { ...options, mode });
  const vectors = [large.patients, ...(small === null ? [] : [small.patients])];
  const logits = selfDistillationHead(
    weights,
    'student/head',
    tf.concat([...vectors, ...(taught.cells === null ? [] : [large.cells(places)])]),
  );
  const prototypes = logits.shape[1];
  const ofViews = views.global.length + views.local.length;
  const temperature = options.studentTemperature;
  const patientLoss = distilViews(logits.slice([0, 0], [ofViews, prototypes]), taught.patients, {
    patients,
    temperature,
  });
  if (taught.cells === null) return patientLoss;
  const bagOf = places.map((at) => Math.floor(at / most));
  const cellLogits = logits.slice([ofViews, 0], [places.length, prototypes]);
  return patientLoss.add(distilCells(cellLogits, taught.cells, { bagOf, bags: globalViews * patients, temperature }));
}
