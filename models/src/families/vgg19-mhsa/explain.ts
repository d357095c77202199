import { tf } from '../../backend/index.js';
import { attentionMap, gradCam, imageGradients } from '../../explain/index.js';
import { heatOverlay } from '../../images/index.js';
import { inference } from '../../layers/index.js';
import type { Model } from '../../training/index.js';
import type { Explaining, Finding } from '../family.js';
import type { Vgg19Model } from './network.js';

/** Where in an image the reasons for its predicted class lie, each map row-major over a square of its own side. */
export interface ImageReasons {
  /** The predicted class. */
  readonly label: number;
  /** How much more than evenly each place is looked at, mean over heads and queries; null without attention. */
  readonly attention: SquareMap | null;
  /** Grad-CAM of the last block before its pool. */
  readonly gradCam: SquareMap;
  /** Integrated gradients of the pixels from a blurred copy. */
  readonly gradients: SquareMap & { readonly change: number; readonly residual: number };
}

export interface SquareMap {
  readonly side: number;
  readonly values: Float32Array;
}

/** What the model looks at in one image. Attention does not depend on the head; the other two explain the logit of the predicted class. */
export async function imageReasons(
  model: Vgg19Model,
  given: Pick<Explaining, 'samples'>,
  row: number,
): Promise<ImageReasons> {
  const feed = model.feed(given.samples.input);
  const image = tf.tidy(() => feed.take(Int32Array.of(row), inference));
  feed.dispose();
  const maps = tf.tidy(() => model.trunk(image, inference));
  try {
    const { label, attention } = await conclusionOf(model, maps);
    const logit = (of: tf.Tensor4D) => model.conclude(of, inference).logits.slice([0, label], [-1, 1]).as1D();
    const slopes = tf.tidy(() => tf.grad((at) => logit(at as tf.Tensor4D).sum())(maps));
    const [side, channels] = [maps.shape[1], maps.shape[3]];
    const cam = gradCam({ activations: await valuesOf(maps), gradients: await valuesOf(slopes), channels });
    slopes.dispose();
    const { map, change, residual } = await imageGradients({
      output: (images) => logit(model.trunk(images, inference)),
      image: await valuesOf(image),
      side: image.shape[1],
    });
    return {
      label,
      attention,
      gradCam: { side, values: cam },
      gradients: { side: image.shape[1], values: map, change, residual },
    };
  } finally {
    tf.dispose([image, maps]);
  }
}

async function conclusionOf(model: Vgg19Model, maps: tf.Tensor4D): Promise<Pick<ImageReasons, 'label' | 'attention'>> {
  const found = tf.tidy(() => {
    const { logits, attention } = model.conclude(maps, inference);
    const weights = attention();
    return [logits, ...(weights ? [weights] : [])];
  });
  const [scores, weights] = await Promise.all(found.map(valuesOf));
  tf.dispose(found);
  if (scores === undefined) throw new TypeError('a conclusion without logits');
  const seen = weights === undefined ? null : attentionMap(weights, model.grid ** 2);
  return {
    label: scores.indexOf(Math.max(...scores)),
    attention: seen && { side: model.grid, values: seen.map((share) => share - 1 / seen.length) },
  };
}

const valuesOf = async (tensor: tf.Tensor): Promise<Float32Array> => Float32Array.from(await tensor.data());

/**
 * Of every image three overlays, `ID-attention`, `ID-grad-cam` and `ID-gradients`, for its predicted class; at the end a table of what
 * integrated gradients left unexplained.
 */
export async function* explain(model: Model, given: Explaining): AsyncIterable<Finding> {
  if (!isVgg19(model)) throw new TypeError('a model of another family');
  const { samples, ids, classes } = given;
  if (samples.input.kind !== 'images') throw new TypeError(`images are explained, not ${samples.input.kind}`);
  const { side, pixels } = samples.input;
  const size = pixels.length / samples.rows;
  const rows: (readonly (string | number)[])[] = [];
  for (const [row, id] of ids.entries()) {
    const reasons = await imageReasons(model, given, row);
    const image = pixels.subarray(row * size, (row + 1) * size);
    const laid = (name: string, map: SquareMap): Finding => ({
      ...{ kind: 'image', name: `${id}-${name}`, side },
      pixels: heatOverlay(image, side, map.values, map.side),
    });
    if (reasons.attention) yield laid('attention', reasons.attention);
    yield laid('grad-cam', reasons.gradCam);
    yield laid('gradients', reasons.gradients);
    rows.push([id, classes[reasons.label] ?? '', reasons.gradients.change, reasons.gradients.residual]);
  }
  yield { kind: 'table', name: 'gradients', header: ['id', 'predicted', 'change', 'residual'], rows };
}

const isVgg19 = (model: Model): model is Vgg19Model => 'trunk' in model && 'conclude' in model;
