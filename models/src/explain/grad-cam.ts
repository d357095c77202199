export interface LayerMaps {
  /** What a convolutional layer gave for one image, row-major [height, width, channels]. */
  readonly activations: Float32Array;
  /** The gradient of the explained logit for them, in the same order. */
  readonly gradients: Float32Array;
  readonly channels: number;
}

/**
 * Grad-CAM (Selvaraju et al. 2017): `ReLU(Σ_c α_c · A_c)`, α the mean of a channel's gradient over the pixels. Row-major [height, width],
 * one value a place of the layer, 0 where nothing speaks for the logit. Not scaled.
 */
export function gradCam({ activations, gradients, channels }: LayerMaps): Float32Array {
  const places = activations.length / channels;
  if (!Number.isInteger(places) || gradients.length !== activations.length) {
    throw new RangeError(`${activations.length} activations and ${gradients.length} gradients of ${channels} channels`);
  }
  const weights = new Float64Array(channels);
  gradients.forEach((slope, index) => {
    weights[index % channels]! += slope / places;
  });
  return Float32Array.from({ length: places }, (_, place) => {
    const sum = weights.reduce((total, value, channel) => total + value * activations[place * channels + channel]!, 0);
    return Math.max(0, sum);
  });
}
