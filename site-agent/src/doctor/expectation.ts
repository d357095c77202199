import type { Capacity, VectorWidth } from './machine.js';
import type { BackendInUse } from './trial-messages.js';

/**
 * GFLOP/s that one processor thread reaches with ease in a float32 product of 1024 × 1024 matrices.
 *
 * Measured: TensorFlow 2.21 on two threads with AVX-512 gave 200 to 326 GFLOP/s, and so 100 to 163 a thread. A thread that
 * shares its core with another has half of that, an AVX2 core half again; a third of what remains is left for the rest.
 */
const nativePerThread = { avx512: 40, avx2: 20, narrow: 5 } as const satisfies Record<VectorWidth, number>;
/** A product of this size does not gain from more threads. */
const mostThreads = 16;

/** Measured: TensorFlow.js 4.22 with SIMD on one thread gave 29 to 40 GFLOP/s. */
const wasmGigaflops = 12;

/** Measured: 0.5 to 1.5 GFLOP/s in 256 × 256. */
const plainGigaflops = 0.2;

/** Measured on llvmpipe, a processor that plays a GPU, with two threads: 3 to 8 GFLOP/s. */
const emulatedGigaflops = 1;

/** The least GFLOP/s that a backend on this machine should give. A GPU should give more than the processor beside it. */
export function expectedGigaflops({ name, kind, threads }: BackendInUse, { cores, vectors }: Capacity): number {
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
