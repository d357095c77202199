import { fail } from '@consilium/shared/errors';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { Adapter, AdapterDescription } from './adapter.js';

/** Opens the device with the adapter's own limits; WebGPU's defaults are far below them. */
export function openDevice({ adapter }: Adapter): Promise<GPUDevice> {
  const { limits } = adapter;
  return adapter.requestDevice({
    requiredLimits: {
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxBufferSize: limits.maxBufferSize,
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
      maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
      maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
    },
  });
}

/**
 * Refuses a buffer that the device could not give to a kernel. Without this the kernel would be dropped, and its result be
 * zeros. Every buffer is made in this one place.
 */
export function guardBuffers(backend: BufferMaker, { name, bindingBytes, bufferBytes }: AdapterDescription): void {
  const manager = backend.bufferManager;
  const acquire = manager.acquireBuffer.bind(manager);
  const limitBytes = Math.min(bindingBytes, bufferBytes);
  manager.acquireBuffer = (size, ...rest) => {
    if (size <= limitBytes) return acquire(size, ...rest);
    return fail('CSM-BACKEND-TENSOR', { mebibytes: inMebibytes(size), limit: inMebibytes(limitBytes), device: name });
  };
}

/**
 * Makes a read fail after anything has gone wrong on the device: WebGPU tells of a refused kernel or of memory that ran out only
 * by an event, and the values would be wrong.
 */
export function guardReads(backend: Reader): void {
  const { device } = backend;
  let fault: string | null = null;
  device.addEventListener('uncapturederror', ({ error }) => {
    fault ??= firstLine(error.message);
  });
  void device.lost.then(({ reason, message }) => {
    if (reason !== 'destroyed') fault ??= firstLine(message) || 'the device was lost';
  });
  const read = backend.read.bind(backend);
  backend.read = async (dataId) => {
    try {
      const values = await read(dataId);
      if (fault === null) return values;
    } catch (cause) {
      if (fault === null) throw cause;
    }
    return fail('CSM-BACKEND-DEVICE', { reason: fault ?? 'unknown' });
  };
}

/** The part of TensorFlow.js' backend that makes buffers. */
interface BufferMaker {
  readonly bufferManager: { acquireBuffer: WebGPUBackend['bufferManager']['acquireBuffer'] };
}

/** The part that reads, and its device. */
interface Reader {
  read: WebGPUBackend['read'];
  readonly device: {
    readonly lost: Promise<{ readonly reason: string; readonly message: string }>;
    addEventListener(
      type: 'uncapturederror',
      listener: (event: { readonly error: { readonly message: string } }) => void,
    ): void;
  };
}

const inMebibytes = (bytes: number): number => Math.ceil(bytes / 2 ** 20);

/** Without the full stop at its end. */
const firstLine = (text: string): string =>
  (text.split('\n')[0] ?? '').trim().replace(/\.$/, '').slice(0, maxReasonCharacters);
const maxReasonCharacters = 200;
