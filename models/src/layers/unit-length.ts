import type { tf } from '../backend/index.js';
import { withGradient } from '../operations/index.js';

/**
 * Rows brought to one length: `scale · x / max(‖x‖₂, 1e-12)`; [rows, width], kept. With n the length of a row and h = x/n the gradient
 * is `dx = scale · (dy − h · Σ dy·h) / n`.
 */
export const toLength = (x: tf.Tensor2D, scale = 1): tf.Tensor2D => {
  const operation = withGradient((input: tf.Tensor2D) => {
    const inverse = input.square().sum(1, true).sqrt().maximum(shortest).reciprocal();
    const direction = input.mul<tf.Tensor2D>(inverse);
    return {
      value: direction.mul<tf.Tensor2D>(scale),
      keep: [direction, inverse] as const,
      backward: (dy, [h, perLength]) => [dy.sub(h.mul(dy.mul(h).sum(1, true))).mul(perLength.mul(scale))],
    };
  });
  return operation(x);
};

/** Below it a row counts as this long, so a row of zeros stays one. */
const shortest = 1e-12;
