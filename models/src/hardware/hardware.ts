import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { promisify } from 'node:util';
import { type NvidiaGpu, nvidiaTool, parseNvidiaGpus } from './nvidia.js';

/** What this machine computes with, as far as the ladder asks. */
export interface Hardware {
  /** Whether a GPU of any vendor can be here. */
  readonly gpuPossible: boolean;
  /** Whether the NVIDIA driver shows a GPU. */
  readonly nvidia: boolean;
  /** Name of the processor. */
  readonly processor: string;
  /** The NVIDIA GPUs that this process may use; none where the driver's tool is absent. */
  readonly nvidiaGpus: () => Promise<readonly NvidiaGpu[]>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Looks at the machine. On Linux a GPU shows as a device file; a Vulkan driver named by hand counts, too. */
export function readHardware(env: Environment = process.env, devices = '/dev'): Hardware {
  const nvidia = names(devices).some((name) => /^nvidia\d+$/.test(name));
  const render = names(`${devices}/dri`).some((name) => /^renderD\d+$/.test(name));
  const subsystem = names(devices).includes('dxg');
  const named = Boolean(env.VK_DRIVER_FILES || env.VK_ICD_FILENAMES);
  return {
    gpuPossible: process.platform !== 'linux' || nvidia || render || subsystem || named,
    nvidia,
    processor: cpus()[0]?.model.trim() || process.arch,
    nvidiaGpus: () => readNvidiaGpus(env),
  };
}

function names(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

const run = promisify(execFile);
/** A driver that hangs must not hold up training. */
const toolLimitMs = 5_000;

async function readNvidiaGpus(env: Environment): Promise<readonly NvidiaGpu[]> {
  const visible = env.CUDA_VISIBLE_DEVICES;
  const chosen = visible ? ['--id', visible] : [];
  const { program, words } = nvidiaTool;
  try {
    const { stdout } = await run(program, [...words, ...chosen], { timeout: toolLimitMs });
    return parseNvidiaGpus(stdout);
  } catch {
    return [];
  }
}
