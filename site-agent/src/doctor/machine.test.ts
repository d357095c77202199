import { coded } from '@consilium/shared/errors';
import { describe, expect, it } from 'vitest';
import { type FakeMachine, fakeHost } from '../testing/fake-host.js';
import { capacityOf, examineDisk, examineMachine } from './machine.js';
import { examineNode } from './node-version.js';

const gibibyte = 2 ** 30;

describe('the examination of Node', () => {
  it.each(['20.19.0', '20.20.2', '22.12.0', '24.1.0'])('finds %s in order', (version) => {
    expect(examineNode(version)).toMatchObject({ state: 'ok', text: version });
  });

  it.each(['18.20.4', '20.18.3'])('refuses %s', (version) => {
    expect(examineNode(version)).toMatchObject({ state: 'fault', code: 'CSM-DOCTOR-NODE-OLD' });
  });

  it.each(['21.0.0', '23.5.0', '26.0.0'])('warns of %s', (version) => {
    expect(examineNode(version)).toMatchObject({ state: 'warning', code: 'CSM-DOCTOR-NODE-UNTESTED' });
  });
});

describe('the examination of the machine', () => {
  const look = async (machine: FakeMachine, threads?: number) => {
    const host = fakeHost(machine);
    return examineMachine(host, await capacityOf(host), threads);
  };
  const limited = (cpu: string, memory: string) => ({
    '/proc/self/cgroup': '0::/\n',
    '/sys/fs/cgroup/cpu.max': cpu,
    '/sys/fs/cgroup/memory.max': memory,
  });

  it('gives cores and memory', async () => {
    expect(await look({ cores: 8, memoryBytes: 64 * gibibyte })).toMatchObject({
      state: 'ok',
      text: '8 cores, 64.0 GiB memory',
    });
  });

  it('says where a container gets less', async () => {
    const machine = { cores: 8, memoryBytes: 64 * gibibyte, files: limited('250000 100000', String(8 * gibibyte)) };
    expect(await look(machine, 2)).toMatchObject({
      state: 'ok',
      text: "2.5 of the machine's 8 cores, 8.0 GiB of the machine's 64.0 GiB memory",
      facts: { cores: 2.5, machineCores: 8 },
    });
  });

  it('warns of more threads than the container has cores', async () => {
    const machine = { cores: 8, files: limited('250000 100000', 'max') };
    const { state, code, remedy } = await look(machine);
    expect([state, code]).toEqual(['warning', 'CSM-DOCTOR-THREADS']);
    expect(remedy).toContain('threads: 2 ');
    expect(await look(machine, 3)).toMatchObject({ state: 'ok' });
    expect(await look({ cores: 2, files: limited('10000 100000', 'max') }, 1)).toMatchObject({ state: 'ok' });
  });

  it('warns of little memory', async () => {
    expect(await look({ memoryBytes: 2 * gibibyte })).toMatchObject({ state: 'warning', code: 'CSM-DOCTOR-MEMORY' });
    expect(await look({ files: limited('max 100000', String(gibibyte / 2)) })).toMatchObject({
      text: 'Training has 512 MiB of memory; 4.0 GiB or more are wise.',
    });
  });

  it.each([
    ['flags\t\t: fpu avx avx2 avx512f\n', 'avx512'],
    ['flags\t\t: fpu avx avx2 fma\n', 'avx2'],
    ['Features\t: fp asimd\n', 'narrow'],
  ])('knows the instructions of a processor: %j', async (text, vectors) => {
    expect(await capacityOf(fakeHost({ files: { '/proc/cpuinfo': text } }))).toMatchObject({ vectors });
  });
});

describe('the examination of the disk', () => {
  const look = (bytes: number) => examineDisk(fakeHost({ freeBytes: async () => bytes }), '/srv/site');

  it('gives the free space, warns of little, and fails without any', async () => {
    expect(await look(9 * gibibyte)).toMatchObject({ state: 'ok', text: '9.0 GiB free for /srv/site' });
    expect(await look(gibibyte)).toMatchObject({ state: 'warning', code: 'CSM-DOCTOR-DISK' });
    expect(await look(1000)).toMatchObject({ state: 'fault', code: 'CSM-DOCTOR-DISK' });
  });

  it('says that the folder is not for this user', async () => {
    const freeBytes = () => Promise.reject(coded('CSM-AGENT-DISK', { file: 'site', reason: 'EACCES' }));
    expect(await examineDisk(fakeHost({ freeBytes }), '/srv/site')).toMatchObject({
      state: 'fault',
      code: 'CSM-AGENT-DISK',
    });
  });
});
