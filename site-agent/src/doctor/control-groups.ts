import { posix } from 'node:path';
import type { Host } from './host.js';

/** What the system lets this process have of the machine; null where it sets no limit. */
export interface GroupLimits {
  /** Processor time, in cores; may be a fraction. */
  readonly cores: number | null;
  readonly memoryBytes: number | null;
}

const mount = '/sys/fs/cgroup';

/**
 * Reads the limits of the control groups that this process is in, of version 1 and 2: a container's, a service's.
 * The limit of a group holds for the groups inside it, so the lowest on the way up counts. Where the path that the kernel
 * names cannot be seen from inside a container, the container's own group is the root.
 */
export async function groupLimits(host: Pick<Host, 'read'>): Promise<GroupLimits> {
  const memberships = ((await host.read('/proc/self/cgroup')) ?? '')
    .split('\n')
    .map((line) => /^\d+:([^:]*):(.*)$/.exec(line))
    .flatMap((match) => (match ? [{ controllers: (match[1] ?? '').split(','), path: match[2] ?? '/' }] : []));
  const limits: { readonly cores: (number | null)[]; readonly memoryBytes: (number | null)[] } = {
    cores: [],
    memoryBytes: [],
  };
  for (const { controllers, path } of memberships) {
    for (const group of upwards(path)) {
      const file = (...parts: readonly string[]) => host.read(posix.join(mount, ...parts));
      if (controllers.includes('')) {
        limits.cores.push(quota(await file(group, 'cpu.max')));
        limits.memoryBytes.push(amount(await file(group, 'memory.max')));
      }
      if (controllers.includes('cpu')) {
        const of = async (name: string) =>
          (await file('cpu', group, name)) ?? (await file(controllers.join(','), group, name));
        const [share, period] = [await of('cpu.cfs_quota_us'), await of('cpu.cfs_period_us')];
        limits.cores.push(quota(share === null || period === null ? null : `${share} ${period}`));
      }
      if (controllers.includes('memory')) {
        limits.memoryBytes.push(amount(await file('memory', group, 'memory.limit_in_bytes')));
      }
    }
  }
  return { cores: lowest(limits.cores), memoryBytes: lowest(limits.memoryBytes) };
}

/** `/a/b`, `/a`, `/`. */
function upwards(path: string): readonly string[] {
  const groups = [path];
  for (let at = path; at !== posix.dirname(at); at = posix.dirname(at)) groups.push(posix.dirname(at));
  return groups;
}

/** `200000 100000` is two cores; `max 100000` and `-1 100000` no limit. */
function quota(text: string | null): number | null {
  const [share, period] = (text ?? '').trim().split(/\s+/).map(Number);
  return share !== undefined && period !== undefined && share > 0 && period > 0 ? share / period : null;
}

/** `max`, and in version 1 a number beyond any memory, is no limit. */
function amount(text: string | null): number | null {
  const bytes = Number(text?.trim() || Number.NaN);
  return Number.isFinite(bytes) && bytes > 0 && bytes < 2 ** 60 ? bytes : null;
}

const lowest = (limits: readonly (number | null)[]): number | null => {
  const set = limits.filter((limit) => limit !== null);
  return set.length === 0 ? null : Math.min(...set);
};
