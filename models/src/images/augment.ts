import type { Random } from '../layers/index.js';
import { channels, square } from './picture.js';

/** How far an image may be changed; 0: not at all. */
export interface Augmentation {
  /** Whether it may be mirrored and turned by quarters: cells have no upper side. */
  readonly turns: boolean;
  /** Turned further by up to so many degrees. */
  readonly tilt: number;
  /** Enlarged or shrunk by up to this share. */
  readonly zoom: number;
  /** Light multiplied by up to 1 ± this share. */
  readonly brightness: number;
  /** Distance from the image's mean multiplied by up to 1 ± this share. */
  readonly contrast: number;
  /** Each channel multiplied for itself by up to 1 ± this share: stains differ between laboratories. */
  readonly colour: number;
}

export const usualAugmentation: Augmentation = {
  turns: true,
  tilt: 15,
  zoom: 0.1,
  brightness: 0.1,
  contrast: 0.1,
  colour: 0.1,
};

/**
 * The image [side, side, 3] changed at random, for training alone. It takes the same number of random numbers whatever the settings, so
 * that leaving one out does not change the others. Where the changed image reaches past the old one, that is mirrored.
 */
export function augmented(
  pixels: Uint8Array,
  side: number,
  random: Random,
  how: Augmentation = usualAugmentation,
): Uint8Array {
  const shape = drawShape(random, how);
  const light = drawLight(random, how);
  return relit(reshaped(square(pixels, side).pixels, side, shape), light);
}

/** A step to the right and a step down in the result, as steps [x, y] in the source. */
interface Shape {
  readonly right: readonly [number, number];
  readonly down: readonly [number, number];
}

function drawShape(random: Random, { turns, tilt, zoom }: Augmentation): Shape {
  const mirror = random.integer(2);
  const quarter = random.integer(4);
  const angle = (around(random, tilt) * Math.PI) / 180;
  const scale = 1 / (1 + around(random, zoom));
  const [right, down] = turns ? quarterTurn(quarter) : quarterTurn(0);
  const sign = turns && mirror === 1 ? -1 : 1;
  const turned = ([x, y]: readonly [number, number]): [number, number] => [
    scale * (Math.cos(angle) * x - Math.sin(angle) * y),
    scale * (Math.sin(angle) * x + Math.cos(angle) * y),
  ];
  return { right: turned([sign * right[0], sign * right[1]]), down: turned(down) };
}

/** Exact, so that a quarter turn alone only moves pixels. */
function quarterTurn(quarter: number): readonly [readonly [number, number], readonly [number, number]] {
  const [cosine, sine] = [[1, 0, -1, 0][quarter]!, [0, 1, 0, -1][quarter]!];
  return [
    [cosine, sine],
    [-sine, cosine],
  ];
}

interface Light {
  readonly gains: readonly number[];
  readonly contrast: number;
}

function drawLight(random: Random, { brightness, contrast, colour }: Augmentation): Light {
  const common = 1 + around(random, brightness);
  const stretch = 1 + around(random, contrast);
  return { gains: Array.from({ length: channels }, () => common * (1 + around(random, colour))), contrast: stretch };
}

/** Uniform in ±limit. */
const around = (random: Random, limit: number): number => (2 * random.uniform() - 1) * limit;

/** Bilinear, about the middle of the image. */
function reshaped(pixels: Uint8Array, side: number, { right, down }: Shape): Float32Array {
  const last = side - 1;
  const middle = last / 2;
  const result = new Float32Array(pixels.length);
  let target = 0;
  for (let y = -middle; y <= middle; y++) {
    for (let x = -middle; x <= middle; x++) {
      const sourceX = mirrored(middle + right[0] * x + down[0] * y, last);
      const sourceY = mirrored(middle + right[1] * x + down[1] * y, last);
      const [x0, y0] = [Math.floor(sourceX), Math.floor(sourceY)];
      const [shareX, shareY] = [sourceX - x0, sourceY - y0];
      const upper = (y0 * side + x0) * channels;
      const lower = y0 < last ? upper + side * channels : upper;
      const next = x0 < last ? channels : 0;
      for (let channel = 0; channel < channels; channel++) {
        const above = pixels[upper + channel]! * (1 - shareX) + pixels[upper + next + channel]! * shareX;
        const below = pixels[lower + channel]! * (1 - shareX) + pixels[lower + next + channel]! * shareX;
        result[target++] = above * (1 - shareY) + below * shareY;
      }
    }
  }
  return result;
}

/** Streaks of a repeated border are no cells; what is mirrored could be. */
function mirrored(place: number, last: number): number {
  const inside = Math.abs(place);
  return Math.max(0, inside > last ? 2 * last - inside : inside);
}

function relit(values: Float32Array, { gains, contrast }: Light): Uint8Array {
  // It rounds and limits by itself.
  const result = new Uint8ClampedArray(values.length);
  gains.forEach((gain, channel) => {
    let sum = 0;
    for (let place = channel; place < values.length; place += channels) sum += values[place]!;
    const mean = (sum * channels) / values.length;
    for (let place = channel; place < values.length; place += channels) {
      result[place] = ((values[place]! - mean) * contrast + mean) * gain;
    }
  });
  return new Uint8Array(result.buffer);
}
