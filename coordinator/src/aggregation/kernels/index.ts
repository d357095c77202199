import { jsKernel } from './js-kernel.js';
import type { Kernel } from './kernel.js';
import { wasmKernel } from './wasm-kernel.js';

export { type Accumulator, type Kernel, nearSquares } from './kernel.js';
export { middleOf, type Sorter } from './sorting.js';

export const kernels = { wasm: wasmKernel, js: () => jsKernel } as const satisfies Record<Kernel['name'], () => Kernel>;

/** The fastest kernel of this host. Both give the same bits, so this choice changes no result. */
export function bestKernel(): Kernel {
  best ??= firstThatLoads();
  return best;
}

let best: Kernel | undefined;

function firstThatLoads(): Kernel {
  try {
    return wasmKernel();
  } catch {
    return jsKernel;
  }
}
