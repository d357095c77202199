import { channels, checkedPicture, type Picture } from './picture.js';

/** Each channel's median of 3 × 3 pixels: takes single specks and keeps edges. At the border the outermost pixels are repeated. */
export function median3(picture: Picture): Uint8Array {
  const { width, height, pixels } = checkedPicture(picture);
  const around = new Uint8Array(9);
  const result = new Uint8Array(pixels.length);
  for (let y = 0; y < height; y++) {
    const rows = [Math.max(y - 1, 0), y, Math.min(y + 1, height - 1)];
    for (let x = 0; x < width; x++) {
      const columns = [Math.max(x - 1, 0), x, Math.min(x + 1, width - 1)];
      for (let channel = 0; channel < channels; channel++) {
        let count = 0;
        for (const row of rows) {
          for (const column of columns) insert(around, count++, pixels[(row * width + column) * channels + channel]!);
        }
        result[(y * width + x) * channels + channel] = around[4]!;
      }
    }
  }
  return result;
}

/** Puts a value in its place among the first `count`, which are in order. */
function insert(sorted: Uint8Array, count: number, value: number): void {
  let place = count;
  for (; place > 0 && sorted[place - 1]! > value; place--) sorted[place] = sorted[place - 1]!;
  sorted[place] = value;
}
