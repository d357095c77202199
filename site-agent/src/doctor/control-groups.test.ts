import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fakeHost } from '../testing/fake-host.js';
import { groupLimits } from './control-groups.js';

const limits = (files: Record<string, string>) => groupLimits(fakeHost({ files }));

describe('limits of control groups', () => {
  it('are none on a machine without groups', async () => {
    expect(await limits({})).toEqual({ cores: null, memoryBytes: null });
  });

  it('are read in version 2, the lowest on the way up', async () => {
    expect(
      await limits({
        '/proc/self/cgroup': '0::/system.slice/agent.service\n',
        '/sys/fs/cgroup/system.slice/agent.service/cpu.max': 'max 100000\n',
        '/sys/fs/cgroup/system.slice/agent.service/memory.max': '4294967296\n',
        '/sys/fs/cgroup/system.slice/cpu.max': '250000 100000\n',
        '/sys/fs/cgroup/system.slice/memory.max': 'max\n',
      }),
    ).toEqual({ cores: 2.5, memoryBytes: 2 ** 32 });
  });

  it('are found in a container that sees itself as the root', async () => {
    expect(
      await limits({
        '/proc/self/cgroup': '0::/\n',
        '/sys/fs/cgroup/cpu.max': '50000 100000\n',
        '/sys/fs/cgroup/memory.max': '1073741824\n',
      }),
    ).toEqual({ cores: 0.5, memoryBytes: 2 ** 30 });
  });

  it('are read in version 1, also where the path is that of the host', async () => {
    expect(
      await limits({
        '/proc/self/cgroup': '5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n0::/\n',
        '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '400000\n',
        '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
        '/sys/fs/cgroup/memory/memory.limit_in_bytes': '2147483648\n',
      }),
    ).toEqual({ cores: 4, memoryBytes: 2 ** 31 });
  });

  it('take the numbers that version 1 writes for no limit as none', async () => {
    expect(
      await limits({
        '/proc/self/cgroup': '2:memory:/\n1:cpu:/\n',
        '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
        '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
        '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
      }),
    ).toEqual({ cores: null, memoryBytes: null });
  });

  it('are positive or none, whatever the files say', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.string(), fc.string(), async (groups, cpu, memory) => {
        const found = await limits({
          '/proc/self/cgroup': `0::/\n${groups}`,
          '/sys/fs/cgroup/cpu.max': cpu,
          '/sys/fs/cgroup/memory.max': memory,
        });
        for (const limit of [found.cores, found.memoryBytes]) expect(limit === null || limit > 0).toBe(true);
      }),
    );
  });
});
