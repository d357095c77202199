import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isProcessor, reasonForNone } from './adapter.js';

const info = { isFallbackAdapter: false, device: 'nvidia-h200', description: 'NVIDIA: 570.86' };

describe('a processor that plays a GPU', () => {
  it('is known by its flag and by its name', () => {
    expect(isProcessor(info)).toBe(false);
    expect(isProcessor({ ...info, isFallbackAdapter: true })).toBe(true);
    expect(isProcessor({ ...info, device: 'llvmpipe-llvm-15-0-6-256-bits-' })).toBe(true);
    expect(isProcessor({ ...info, description: 'SwiftShader Device (Subzero)' })).toBe(true);
  });
});

describe.runIf(process.platform === 'linux')('where there is no adapter', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'consilium-vulkan-'));
    await writeFile(join(folder, 'libvulkan.so.1'), '');
    await writeFile(join(folder, 'driver.json'), '{}');
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('says that no driver is there', () => {
    const env = { LD_LIBRARY_PATH: folder, VK_DRIVER_FILES: join(folder, 'absent.json') };
    expect(reasonForNone(env)).toBe('no Vulkan driver is installed');
  });

  it('says that the driver there is does not do', () => {
    const env = { LD_LIBRARY_PATH: folder, VK_DRIVER_FILES: join(folder, 'driver.json') };
    expect(reasonForNone(env)).toBe('no Vulkan driver here offers a device that WebGPU can use');
  });
});
