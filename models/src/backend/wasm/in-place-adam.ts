import { registerInPlaceAdam } from '../in-place-adam.js';
import { tf } from '../tensorflow.js';
import type { WasmBackend } from './backend.js';
import { address, allocate, cells, floats, free } from './heap.js';
import { simd } from './simd/index.js';

/**
 * Offers Adam where the variables lie, one pass over weight, gradient and both moments. The moments lack their factors 1 − β, as in the
 * plain form: these stand in rate and eps.
 */
export function offerInPlaceAdam(backend: () => WasmBackend): void {
  registerInPlaceAdam('wasm', (variables) => {
    const moments = variables.map(({ shape }) => [zeros(backend(), shape), zeros(backend(), shape)] as const);
    return {
      apply: (gradients, { step, rate, beta1, beta2, eps, weightDecay }) => {
        const firstFactor = (1 - beta1) / (1 - beta1 ** step);
        const rootFactor = Math.sqrt((1 - beta2) / (1 - beta2 ** step));
        const scaledRate = (rate * firstFactor) / rootFactor;
        for (const [index, variable] of variables.entries()) {
          const gradient = gradients[index];
          const [first, second] = moments[index]!;
          if (gradient?.size !== variable.size) throw new RangeError(`Adam: no gradient for variable ${index}`);
          if (variable.size === 0) continue;
          ownMemory(backend(), variable);
          simd(backend()).elements.adam(
            address(backend(), variable),
            address(backend(), gradient),
            address(backend(), first),
            address(backend(), second),
            variable.size,
            beta1,
            beta2,
            scaledRate,
            eps / rootFactor,
            1 - rate * weightDecay,
          );
        }
      },
      dispose: () => {
        free(backend(), ...moments.flat());
      },
    };
  });
}

/** Moves a variable whose values another tensor shares to memory of its own. */
function ownMemory(backend: WasmBackend, variable: tf.Variable): void {
  if (backend.refCount(variable.dataId) <= 1) return;
  const copy = allocate(backend, variable.shape);
  cells(backend, copy).set(cells(backend, variable));
  const tensor = tf.engine().makeTensorFromTensorInfo(copy);
  variable.assign(tensor);
  tensor.dispose();
}

function zeros(backend: WasmBackend, shape: readonly number[]): tf.TensorInfo {
  const tensor = allocate(backend, shape);
  floats(backend, tensor).fill(0);
  return tensor;
}
