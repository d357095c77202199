import { coded } from '@consilium/shared/errors';
import { groupLimits } from './control-groups.js';
import { type Finding, fault, fine, warning } from './finding.js';
import type { Host } from './host.js';
import { inGibibytes } from './units.js';

/** Below this, only the small presets train: TensorFlow's library alone takes 0.4 GiB, a small image model 1 GiB. */
const smallMemoryBytes = 4 * 2 ** 30;

/** What the machine gives to training. */
export interface Capacity {
  /** Cores that this process gets the time of; a fraction in a limited container. */
  readonly cores: number;
  readonly memoryBytes: number;
  readonly vectors: VectorWidth;
}

/** The widest float32 instructions of the processor that matrix products use. */
export type VectorWidth = 'avx512' | 'avx2' | 'narrow';

export async function capacityOf(host: Host): Promise<Capacity> {
  const limits = await groupLimits(host);
  return {
    cores: Math.min(host.cores, limits.cores ?? host.cores),
    memoryBytes: Math.min(host.memoryBytes, limits.memoryBytes ?? host.memoryBytes),
    vectors: vectorsOf((await host.read('/proc/cpuinfo')) ?? ''),
  };
}

const vectorsOf = (processors: string): VectorWidth =>
  /\bavx512f\b/.test(processors) ? 'avx512' : /\bavx2\b/.test(processors) ? 'avx2' : 'narrow';

/**
 * Cores and memory, and where a container or a service gets less than the machine has.
 * @param threads the setting of site.yaml
 */
export function examineMachine(host: Host, capacity: Capacity, threads: number | undefined): Finding {
  const cores = rounded(capacity.cores);
  const memory = inGibibytes(capacity.memoryBytes);
  const limited = (now: string, whole: string) => (now === whole ? '' : ` of the machine's ${whole}`);
  const text =
    `${cores}${limited(cores, String(host.cores))} ${capacity.cores === 1 ? 'core' : 'cores'}, ` +
    `${memory}${limited(memory, inGibibytes(host.memoryBytes))} memory`;
  const facts = {
    cores: capacity.cores,
    machineCores: host.cores,
    memoryBytes: capacity.memoryBytes,
    machineMemoryBytes: host.memoryBytes,
  };
  if (capacity.memoryBytes < smallMemoryBytes) {
    return warning('Machine', coded('CSM-DOCTOR-MEMORY', { memory, least: inGibibytes(smallMemoryBytes) }), { facts });
  }
  const started = threads ?? host.cores;
  if (started >= capacity.cores + 1) {
    const fitting = Math.max(1, Math.floor(capacity.cores));
    return warning('Machine', coded('CSM-DOCTOR-THREADS', { cores, started, fitting }), { facts });
  }
  return fine('Machine', text, { facts });
}

const rounded = (cores: number): string => String(Math.round(10 * cores) / 10);

/** A run keeps some models, an update and what training carries from round to round: a few times the model. */
const lowDiskBytes = 5 * 2 ** 30;
const noDiskBytes = 2 ** 28;

/** Room for the agent's own files. */
export async function examineDisk(host: Host, folder: string): Promise<Finding> {
  try {
    const bytes = await host.freeBytes(folder);
    const free = inGibibytes(bytes);
    const facts = { folder, freeBytes: bytes };
    if (bytes < lowDiskBytes) {
      const error = coded('CSM-DOCTOR-DISK', { free, folder, least: inGibibytes(lowDiskBytes) });
      return bytes < noDiskBytes ? fault('Disk', error, { facts }) : warning('Disk', error, { facts });
    }
    return fine('Disk', `${free} free for ${folder}`, { facts });
  } catch (thrown) {
    return fault('Disk', thrown);
  }
}
