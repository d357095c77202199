import type { RunningBackend } from '../backends/index.js';
import type { Capacity, VectorWidth } from './machine.js';

/**
 * GFLOP/s that one processor thread reaches with ease in a float32 product of 1024 × 1024 matrices.
 *
 * Measured: TensorFlow 2.21 on two threads with AVX-512 gave 200 to 326 GFLOP/s, and so 100 to 163 a thread. A thread that
 * shares its core with another has half of that, an AVX2 core half again; a third of what remains is left for the rest.
 */
const nativePerThread = { avx512: 40, avx2: 20, narrow: 5 } as const satisfies Record<VectorWidth, number>;
/** A product of this size does not gain from more threads. */
const mostThreads = 16;

/** Measured: TensorFlow.js 4.22 with SIMD gave 29 to 40 GFLOP/s on one thread, 16 on a core of 2.5 GHz that others used, too. */
const wasmGigaflops = 12;

/** Measured: 0.2 GFLOP/s on a core that others used, too. */
const plainGigaflops = 0.1;

/** Measured: llvmpipe, a processor that plays a GPU, gave 1.4 GFLOP/s on two cores that others used, too. */
const emulatedGigaflops = 0.7;

/** The least GFLOP/s that a backend on this machine should give. A GPU should give more than the processor beside it. */
export function expectedGigaflops({ name, kind, threads }: RunningBackend, { cores, vectors }: Capacity): number {
  const processor = (count: number) => Math.min(count, cores, mostThreads) * nativePerThread[vectors];
  if (kind === 'gpu') return processor(mostThreads);
  switch (name) {
    case 'native':
      return processor(threads);
    case 'webgpu':
      return emulatedGigaflops;
    case 'wasm':
      return wasmGigaflops;
    case 'cpu':
      return plainGigaflops;
    default:
      return name satisfies never;
  }
}
