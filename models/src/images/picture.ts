/** An image: 8-bit sRGB, row-major [height, width, 3]. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

export const channels = 3;

/** The square image [side, side, 3] as a picture. */
export const square = (pixels: Uint8Array, side: number): Picture =>
  checkedPicture({ width: side, height: side, pixels });

/** Refuses pixels that are not as many as the sides say. */
export function checkedPicture(picture: Picture): Picture {
  const { width, height, pixels } = picture;
  const whole = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0;
  if (!whole || pixels.length !== width * height * channels) {
    throw new RangeError(`${pixels.length} values are no image of ${width} × ${height}`);
  }
  return picture;
}
