import { coded } from '@consilium/shared/errors';
import { describe, expect, it } from 'vitest';
import type { RunningBackend } from '../backends/index.js';
import { examineBackend, examineSpeed } from './backend.js';
import { expectedGigaflops } from './expectation.js';
import { fine, warning } from './finding.js';
import type { Capacity } from './machine.js';
import type { Demand, Trial } from './trial.js';

const native: RunningBackend = { name: 'native', version: '2.21.0', device: 'cpu', kind: 'cpu', threads: 2 };
const wasm: RunningBackend = { name: 'wasm', version: '4.22.0', device: 'cpu, SIMD', kind: 'cpu', threads: 1 };
const gpu: RunningBackend = { ...native, kind: 'gpu', device: 'NVIDIA H200', memoryBytes: 139 * 2 ** 30 };
const lacking = 'native does not run: the TensorFlow library is not installed';
const noGpu = fine('GPU', 'none on this machine');
const auto: Demand = { choice: 'auto', device: 'any' };
const machine: Capacity = { cores: 2, memoryBytes: 2 ** 34, vectors: 'avx512' };

const trial = (backend: RunningBackend | null, gigaflops?: number): Trial => ({
  backend,
  speed: gigaflops === undefined ? null : { gigaflops, size: 1024 },
  error: null,
  said: ['what a library says'],
});

describe('the examination of the backend', () => {
  it('names library, device and threads', () => {
    expect(examineBackend(trial(native), auto, noGpu)).toMatchObject({
      state: 'ok',
      text: 'native 2.21.0 on cpu, 2 threads',
    });
    expect(examineBackend(trial(gpu), auto, noGpu).text).toBe('native 2.21.0 on NVIDIA H200, 139.0 GiB');
  });

  it('says why a better one is not in use, and what to do', () => {
    const found = examineBackend(trial({ ...wasm, note: lacking }), auto, noGpu);
    expect(found).toMatchObject({ state: 'warning', code: 'CSM-DOCTOR-BACKEND-LOWER' });
    expect(found.text).toContain(lacking);
  });

  it('leaves it to the finding on the GPU why none is in use', () => {
    const idle = warning('GPU', coded('CSM-DOCTOR-GPU-UNUSED', { gpu: 'NVIDIA L4', reason: lacking }));
    const found = examineBackend(trial({ ...wasm, note: lacking }), auto, idle);
    expect(found).toMatchObject({ state: 'ok', text: 'wasm 4.22.0 on cpu, SIMD, 1 thread', facts: { note: lacking } });
    const webgpu: RunningBackend = { ...gpu, name: 'webgpu', driver: '550.90.07', note: lacking };
    expect(examineBackend(trial(webgpu), auto, noGpu)).toMatchObject({
      state: 'ok',
      text: `webgpu 2.21.0 on NVIDIA H200, 139.0 GiB, driver 550.90.07; ${lacking}`,
    });
  });

  it('takes wasm as it is where it was asked for', () => {
    expect(examineBackend(trial(wasm), { ...auto, choice: 'wasm' }, noGpu)).toMatchObject({ state: 'ok' });
  });

  it('warns of plain JavaScript', () => {
    const plain: RunningBackend = { ...wasm, name: 'cpu' };
    expect(examineBackend(trial(plain), { ...auto, choice: 'cpu' }, noGpu)).toMatchObject({
      code: 'CSM-DOCTOR-BACKEND-PLAIN',
    });
  });

  it('tells the fault of one that does not start, with what its library said', () => {
    const error = coded('CSM-BACKEND-NATIVE', { reason: 'the TensorFlow library is not installed' });
    expect(examineBackend({ ...trial(null), error }, { ...auto, choice: 'native' }, noGpu)).toMatchObject({
      state: 'fault',
      code: 'CSM-BACKEND-NATIVE',
      lines: ['what a library says'],
    });
    expect(examineSpeed(trial(null), machine, 0)).toBeNull();
  });
});

describe('the examination of the speed', () => {
  it('finds a figure above the expectation in order', () => {
    expect(examineSpeed(trial(native, 213.6), machine, 0)).toMatchObject({
      state: 'ok',
      text: '214 GFLOP/s in products of 1024 × 1024 matrices: as expected',
      facts: { expected: 80 },
    });
  });

  it('blames other programs where there are some, and the machine where there are none', () => {
    const busy = examineSpeed(trial(native, 31), machine, 3.4);
    expect(busy).toMatchObject({ state: 'warning', code: 'CSM-DOCTOR-SLOW' });
    expect(busy?.text).toContain('other programs are using the processor (load 3.4 on 2 cores)');
    expect(examineSpeed(trial(native, 31), machine, 0.1)?.text).toContain('throttled');
    expect(examineSpeed(trial(gpu, 31), machine, 3.4)?.text).toContain('another program uses the GPU');
  });

  it('tells the fault of a product that failed', () => {
    const error = coded('CSM-BACKEND-ENDED', { backend: 'native', how: 'SIGILL' });
    expect(examineSpeed({ ...trial(native), error }, machine, 0)).toMatchObject({
      state: 'fault',
      code: 'CSM-BACKEND-ENDED',
    });
  });

  it('expects of a GPU more than of its processor, and of a processor by its cores and instructions', () => {
    const large: Capacity = { ...machine, cores: 64 };
    expect(expectedGigaflops(gpu, large)).toBeGreaterThanOrEqual(expectedGigaflops({ ...native, threads: 64 }, large));
    expect(expectedGigaflops({ ...native, threads: 1 }, machine)).toBe(40);
    expect(expectedGigaflops({ ...native, threads: 8 }, { ...machine, cores: 1.5, vectors: 'avx2' })).toBe(30);
    expect(expectedGigaflops(wasm, large)).toBe(expectedGigaflops(wasm, machine));
  });
});
