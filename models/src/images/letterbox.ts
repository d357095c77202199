import { channels, checkedPicture, type Picture } from './picture.js';
import { type Extent, resample } from './resample.js';

/** Where an image lies in the square that it is brought to. */
export interface Frame extends Extent {
  readonly left: number;
  readonly top: number;
}

/** The frame of an image in a square: as large as fits, its shape kept, in the middle (half a pixel up or left where that is odd). */
export function letterboxFrame({ width, height }: Extent, side: number): Frame {
  const scale = side / Math.max(width, height);
  const inner = { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
  return { ...inner, left: Math.floor((side - inner.width) / 2), top: Math.floor((side - inner.height) / 2) };
}

/** The image in a square [side, side, 3], the rest filled with the median colour of its border: in a smear, the background. */
export function letterbox(picture: Picture, side: number): Uint8Array {
  const { pixels, ...from } = checkedPicture(picture);
  const frame = letterboxFrame(from, side);
  const inner = resample(pixels, { ...from, channels }, frame);
  const [red, green, blue] = borderMedian(picture);
  const result = new Uint8Array(side * side * channels);
  for (let pixel = 0; pixel < result.length; pixel += channels) {
    result[pixel] = red;
    result[pixel + 1] = green;
    result[pixel + 2] = blue;
  }
  const line = frame.width * channels;
  for (let row = 0; row < frame.height; row++) {
    const start = ((frame.top + row) * side + frame.left) * channels;
    for (let place = 0; place < line; place++) result[start + place] = Math.round(inner[row * line + place]!);
  }
  return result;
}

/** Of the outermost rows and columns, each channel for itself; of an even number of pixels the upper one. */
function borderMedian({ width, height, pixels }: Picture): readonly [number, number, number] {
  const border: number[] = [];
  for (let x = 0; x < width; x++) border.push(x, (height - 1) * width + x);
  for (let y = 1; y < height - 1; y++) border.push(y * width, y * width + width - 1);
  const median = (channel: number): number => {
    const sorted = Uint8Array.from(border, (pixel) => pixels[pixel * channels + channel]!).sort();
    return sorted[sorted.length >> 1]!;
  };
  return [median(0), median(1), median(2)];
}
