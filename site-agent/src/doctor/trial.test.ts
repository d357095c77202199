import { coded } from '@consilium/shared/errors';
import { type Clock, systemClock } from '@consilium/shared/wire';
import { describe, expect, it } from 'vitest';
import type { RunningBackend, TryBackend } from '../backends/index.js';
import { lateClock } from '../testing/late-clock.js';
import { type Demand, tryOut } from './trial.js';

const demand: Demand = { choice: 'native', device: 'any' };
const backend: RunningBackend = { name: 'native', version: '2.21.0', kind: 'cpu', device: 'a processor', threads: 4 };
const speed = { gigaflops: 200, size: 1024 };
const never = new AbortController().signal;
const out = (attempt: TryBackend, clock: Clock = systemClock, signal: AbortSignal = never) =>
  tryOut(demand, { threads: 4, env: { PATH: '/bin' }, clock, signal, attempt });

/** A process that answers only to being stopped. */
const hanging: TryBackend = (_, { signal, onStart }) =>
  new Promise((_resolve, reject) => {
    onStart?.(backend);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });

describe('trying the backend out', () => {
  it('asks for what site.yaml says, with its threads, and for the speed', async () => {
    const attempt: TryBackend = async (request, { env }) => {
      expect(request).toEqual({ choice: 'native', device: 'any', suite: false, speed: true });
      expect(env).toMatchObject({ PATH: '/bin', TF_NUM_INTRAOP_THREADS: '4' });
      return { backend, cases: [], speed };
    };
    expect(await out(attempt)).toEqual({ backend, speed, error: null, said: [] });
  });

  it('keeps what ran when the rest fails, and the last that the library said', async () => {
    const error = coded('CSM-BACKEND-ENDED', { backend: 'native', how: 'SIGILL' });
    const attempt: TryBackend = async (_, { onStart, onText }) => {
      onStart?.(backend);
      for (let line = 0; line < 50; line++) onText?.(`line ${line}\u001b[31m\n`);
      onText?.('line 49\u001b[31m\n    at InitializeImpl (x.cpp:257)\nI0000 00:00:1.2 port.cc:153] hello\n');
      throw error;
    };
    const trial = await out(attempt);
    expect(trial).toMatchObject({ backend, speed: null, error });
    expect(trial.said).toHaveLength(6);
    expect(trial.said.at(-1)).toBe('line 49\ufffd[31m');
  });

  it('does not wait for ever', async () => {
    expect(await out(hanging, lateClock)).toMatchObject({ backend, error: { code: 'CSM-BACKEND-ENDED' } });
  });

  it('ends with the signal', async () => {
    const stop = new AbortController();
    const trying = out(hanging, systemClock, stop.signal);
    stop.abort(new RangeError('enough'));
    await expect(trying).rejects.toThrow('enough');
  });
});
