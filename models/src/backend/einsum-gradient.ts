import { apart, parseEquation, shared } from './einsum-equation.js';
import { tf } from './tensorflow.js';

/**
 * Gives `tf.einsum` its gradient, which TensorFlow.js lacks on every backend: the gradient of an operand is the einsum
 * of the result's gradient with the other operand. Axes that only this operand has were summed away, so there the
 * gradient is the same all along. Call again at will.
 */
export function registerEinsumGradient(): void {
  if (tf.getGradient('Einsum') !== undefined) return;
  tf.registerGradient({
    kernelName: 'Einsum',
    saveAllInputs: true,
    gradFunc: (dy, saved, attrs) => {
      if (Array.isArray(dy)) throw new Error('einsum: one result has one gradient');
      const { terms, result } = parseEquation(String(attrs.equation));
      const gradients: Record<string, () => tf.Tensor> = {};
      for (const [operand, term] of terms.entries()) {
        const others = terms.filter((_, i) => i !== operand);
        const factors = [dy, ...saved.filter((_, i) => i !== operand)];
        const shape = saved[operand]?.shape ?? [];
        gradients[operand] = () => {
          const reached = shared(term, [result, ...others].join(''));
          const gradient = tf.einsum(`${[result, ...others].join(',')}->${reached}`, ...factors);
          if (reached === term) return gradient;
          const lost = apart(term, reached);
          const thin = shape.map((size, axis) => (lost.includes(term.charAt(axis)) ? 1 : size));
          return tf.broadcastTo(tf.reshape(gradient, thin), shape);
        };
      }
      return gradients;
    },
  });
}
