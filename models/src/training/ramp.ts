/** From `start` to `end` in a straight line; `share` of the way, 0 … 1, and standing still outside. */
export const linearRamp = (start: number, end: number, share: number): number =>
  start + (end - start) * Math.min(1, Math.max(0, share));

/** From `start` to `end` along half a cosine, slow at both ends; `share` of the way, 0 … 1, and standing still outside. */
export const cosineRamp = (start: number, end: number, share: number): number =>
  linearRamp(start, end, (1 - Math.cos(Math.PI * Math.min(1, Math.max(0, share)))) / 2);
