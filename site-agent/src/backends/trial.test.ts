import { coded } from '@consilium/shared/errors';
import { describe, expect, it } from 'vitest';
import { climb } from './ladder.js';
import { type RunningBackend, rungs, type TestedCase, testedCase } from './messages.js';
import { type TryBackend, tryBackend } from './trial.js';

const running = (name: RunningBackend['name']): RunningBackend => ({
  name,
  version: '1',
  kind: 'cpu',
  device: 'a processor',
  threads: 1,
});
const signal = new AbortController().signal;

describe('a process that tries a backend', () => {
  it('tells what runs, and every case of the suite as it ends', async () => {
    const seen: [string, number, number][] = [];
    const onCase = ({ name }: TestedCase, done: number, total: number) => seen.push([name, done, total]);
    const { backend, cases } = await tryBackend(
      { choice: 'wasm', device: 'any', suite: true },
      { env: process.env, signal, onCase },
    );
    expect(backend).toMatchObject({ name: 'wasm', kind: 'cpu', threads: 1 });
    expect(cases.every(({ passed }) => passed)).toBe(true);
    expect(seen.map(([name]) => name)).toEqual(cases.map(({ name }) => name));
    expect(seen.at(-1)).toEqual([expect.any(String), cases.length, cases.length]);
  });

  it('passes on why a backend does not run', async () => {
    const env = { ...process.env, CONSILIUM_NATIVE: '/nowhere' };
    await expect(tryBackend({ choice: 'native', device: 'any', suite: false }, { env, signal })).rejects.toMatchObject({
      code: 'CSM-BACKEND-NATIVE',
    });
  });

  it('says that it ended where the library took it down', async () => {
    // A module that ends the process stands for a library that crashes.
    const env = { ...process.env, NODE_OPTIONS: `--import=data:text/javascript,process.kill(process.pid,'SIGILL')` };
    await expect(tryBackend({ choice: 'wasm', device: 'any', suite: false }, { env, signal })).rejects.toMatchObject({
      code: 'CSM-BACKEND-ENDED',
      details: { backend: 'wasm', how: 'SIGILL' },
    });
  });

  it('stops when it is told to', async () => {
    const stop = new AbortController();
    const ended = tryBackend({ choice: 'wasm', device: 'any', suite: true }, { env: process.env, signal: stop.signal });
    stop.abort();
    expect(await ended.catch((thrown: unknown) => thrown)).toBe(stop.signal.reason);
  });

  it('may report a case without a result', () => {
    const none = {
      topic: 'losses',
      name: 'focal',
      error: Number.POSITIVE_INFINITY,
      limit: 1,
      leaked: 0,
      passed: false,
    };
    expect(testedCase.parse(none)).toEqual(none);
    expect(testedCase.safeParse({ ...none, error: 'far' }).success).toBe(false);
  });
});

describe('the ladder', () => {
  it('tries each rung alone, and what auto takes', async () => {
    const asked: string[] = [];
    const attempt: TryBackend = async ({ choice, device, suite }) => {
      asked.push(`${choice} ${device} ${suite}`);
      if (choice === 'webgpu') throw coded('CSM-BACKEND-WEBGPU', { reason: 'no driver' });
      return { backend: running(choice === 'auto' ? 'native' : choice), cases: [], speed: null };
    };
    const ladder = await climb(attempt, { env: {}, signal });
    expect(asked).toEqual(['auto', ...rungs].map((choice) => `${choice} any false`));
    expect(ladder.auto).toMatchObject({ name: 'native' });
    expect(ladder.rungs.map((standing) => [standing.rung, 'backend' in standing])).toEqual([
      ['native', true],
      ['webgpu', false],
      ['wasm', true],
      ['cpu', true],
    ]);
  });

  it('ends when it is told to', async () => {
    const stop = new AbortController();
    const attempt: TryBackend = () => {
      stop.abort();
      return Promise.reject(stop.signal.reason);
    };
    expect(await climb(attempt, { env: {}, signal: stop.signal }).catch((thrown: unknown) => thrown)).toBe(
      stop.signal.reason,
    );
  });
});
