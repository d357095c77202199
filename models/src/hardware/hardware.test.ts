import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseNvidiaGpus, readHardware } from './index.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-devices-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe.runIf(process.platform === 'linux')('the hardware', () => {
  const look = (env: Readonly<Record<string, string>> = {}) => readHardware(env, folder);

  it('has no GPU where no device file shows one', async () => {
    await writeFile(join(folder, 'nvidiactl'), '');
    expect(look()).toMatchObject({ gpuPossible: false, nvidia: false });
    expect(look().processor).not.toBe('');
  });

  it('can have a GPU where there is a render node, or a Vulkan driver is named', async () => {
    expect(look({ VK_DRIVER_FILES: '/some/driver.json' })).toMatchObject({ gpuPossible: true, nvidia: false });
    await mkdir(join(folder, 'dri'));
    await writeFile(join(folder, 'dri', 'renderD128'), '');
    expect(look()).toMatchObject({ gpuPossible: true, nvidia: false });
  });

  it("has an NVIDIA GPU where its driver's device file is, whatever its number", async () => {
    await writeFile(join(folder, 'nvidia3'), '');
    expect(look()).toMatchObject({ gpuPossible: true, nvidia: true });
  });
});

describe.runIf(process.platform === 'linux')("the driver's tool", () => {
  const path = process.env.PATH;
  afterEach(() => {
    process.env.PATH = path;
  });

  async function tool(script: string): Promise<void> {
    const file = join(folder, 'nvidia-smi');
    await writeFile(file, `#!/bin/sh\n${script}\n`);
    await chmod(file, 0o700);
    process.env.PATH = `${folder}:${path}`;
  }

  it('names the GPU that this process may use', async () => {
    await tool('echo "$4, 81559, 570.86.15"');
    expect(await readHardware({ CUDA_VISIBLE_DEVICES: '2' }, folder).nvidiaGpus()).toEqual([
      { name: '2', memoryBytes: 81559 * 2 ** 20, driver: '570.86.15' },
    ]);
  });

  it('names none where it fails or is absent', async () => {
    await tool('exit 9');
    expect(await readHardware({}, folder).nvidiaGpus()).toEqual([]);
    process.env.PATH = folder;
    await rm(join(folder, 'nvidia-smi'));
    expect(await readHardware({}, folder).nvidiaGpus()).toEqual([]);
  });
});

describe('its answer', () => {
  it('is read line by line, and what is no such line left out', () => {
    const text = 'NVIDIA H200, 143771, 570.86.15\nNo devices were found\nTesla V100, SXM2-16GB, 16384, 535.104\n\n';
    expect(parseNvidiaGpus(text)).toEqual([
      { name: 'NVIDIA H200', memoryBytes: 143771 * 2 ** 20, driver: '570.86.15' },
      { name: 'Tesla V100, SXM2-16GB', memoryBytes: 16384 * 2 ** 20, driver: '535.104' },
    ]);
    for (const stray of ['NVIDIA H200, , 570.86.15', 'NVIDIA H200, 143771', ', 143771, 570.86.15']) {
      expect(parseNvidiaGpus(stray)).toEqual([]);
    }
  });

  it('names a GPU whose memory is that of the processor, too', () => {
    expect(parseNvidiaGpus('NVIDIA GB10, [N/A], 580.95.05')).toEqual([
      { name: 'NVIDIA GB10', memoryBytes: null, driver: '580.95.05' },
    ]);
  });
});
