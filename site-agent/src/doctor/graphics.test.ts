import { describe, expect, it } from 'vitest';
import type { RunningBackend } from '../backends/index.js';
import { type FakeMachine, fakeHost } from '../testing/fake-host.js';
import { examineGraphics, graphicsOf } from './graphics.js';
import type { Demand } from './trial.js';

const onProcessor: RunningBackend = {
  name: 'wasm',
  version: '4.22.0',
  device: 'cpu, SIMD',
  kind: 'cpu',
  threads: 1,
  note: 'native does not run: the TensorFlow library is not installed',
};
const onGpu: RunningBackend = { name: 'native', version: '2.21.0', device: 'NVIDIA H200', kind: 'gpu', threads: 16 };
const auto: Demand = { choice: 'auto', device: 'any' };

const look = async (machine: FakeMachine, backend: RunningBackend | null = onProcessor, request = auto) =>
  examineGraphics(await graphicsOf(fakeHost(machine)), backend, request);

const onBus = (vendor: string, kind = '0x030200') => ({
  '/sys/bus/pci/devices/0000:01:00.0/class': `${kind}\n`,
  '/sys/bus/pci/devices/0000:01:00.0/vendor': `${vendor}\n`,
});
const module = {
  '/proc/driver/nvidia/version': 'NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.90.07  Fri May\n',
};
const renderNode = { '/dev/dri/renderD128': '' };
const files = { '/dev/nvidia0': '', '/dev/nvidiactl': '', ...renderNode };
const told = (output: string) => ({ 'nvidia-smi': { succeeded: true, output } });

describe('the examination of the GPU', () => {
  it('finds none on a machine that has none, nor takes a network card or a server\u2019s own screen for one', async () => {
    expect(await look({})).toMatchObject({ state: 'ok', text: 'none on this machine' });
    expect(await look({ files: onBus('0x10de', '0x020000') })).toMatchObject({ text: 'none on this machine' });
    expect(await look({ files: onBus('0x1a03') })).toMatchObject({ text: 'none on this machine' });
  });

  it('names the one in use, with its driver', async () => {
    const machine = { files: { ...onBus('0x10de'), ...files }, answers: told('NVIDIA H200, 143771, 550.90.07') };
    expect(await look(machine, onGpu)).toMatchObject({
      state: 'ok',
      text: 'NVIDIA H200, driver 550.90.07',
      facts: { inUse: true, cards: [{ vendor: 'NVIDIA', name: 'NVIDIA H200', memoryBytes: 143771 * 2 ** 20 }] },
    });
  });

  it('says what stands idle, why, and the one command', async () => {
    const answers = told('NVIDIA L4, 23034, 550.90.07\nNVIDIA L4, 23034, 550.90.07');
    const found = await look({ files: { ...onBus('0x10de'), ...files }, answers });
    expect(found).toMatchObject({ state: 'warning', code: 'CSM-DOCTOR-GPU-UNUSED' });
    expect(found.text).toContain('2 × NVIDIA L4, driver 550.90.07 stands idle: native does not run');
    expect(found.remedy).toContain('consilium-site backend install native --gpu');
  });

  it('knows one by its device file and the module\u2019s version where nothing else tells', async () => {
    const found = await look({ files: { ...files, ...module } }, { ...onGpu, kind: 'cpu' });
    expect(found.text).toBe('a GPU of NVIDIA, driver 550.90.07 stands idle: it is not used.');
  });

  it('asks for a driver where there is none, or where it fails', async () => {
    expect(await look({ files: onBus('0x10de') })).toMatchObject({ code: 'CSM-DOCTOR-GPU-DRIVER' });
    const mismatch = 'Failed to initialize NVML: Driver/library version mismatch';
    const answers = { 'nvidia-smi': { succeeded: false, output: `${mismatch}\nNVML library version: 550.54` } };
    const found = await look({ files: { ...onBus('0x10de'), ...files, ...module }, answers });
    expect([found.code, found.text]).toEqual(['CSM-DOCTOR-GPU-DRIVER', `a GPU of NVIDIA cannot be used: ${mismatch}.`]);
  });

  it('names a device file that this user may not open', async () => {
    const machine = { files: { ...onBus('0x1002'), ...renderNode }, barred: ['/dev/dri/renderD128'] };
    expect(await look(machine)).toMatchObject({
      state: 'warning',
      code: 'CSM-DOCTOR-GPU-ACCESS',
      text: 'a GPU of AMD is not used: this user may not open /dev/dri/renderD128.',
    });
  });

  it('points to webgpu where the GPU is not NVIDIA\u2019s', async () => {
    expect(await look({ files: { ...onBus('0x8086', '0x030000'), ...renderNode } })).toMatchObject({
      code: 'CSM-DOCTOR-GPU-VULKAN',
    });
  });

  it('is content where the site asks for the processor', async () => {
    const machine = { files: { ...onBus('0x10de'), ...files }, answers: told('NVIDIA L4, 23034, 550.90.07') };
    expect(await look(machine, onProcessor, { choice: 'native', device: 'cpu' })).toMatchObject({
      state: 'ok',
      text: 'NVIDIA L4, driver 550.90.07; not in use, as site.yaml asks for device cpu',
    });
  });

  it('is not led astray by an answer of another form', async () => {
    const answers = told('No devices were found');
    expect(await look({ answers })).toMatchObject({ state: 'ok', text: 'none on this machine' });
    expect(await look({ files: { ...files, ...module }, answers }, null)).toMatchObject({ state: 'warning' });
  });
});
