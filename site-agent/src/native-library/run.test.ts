import { afterEach, beforeEach, expect, it } from 'vitest';
import { runProgram } from './run.js';

beforeEach(() => {
  process.env.CONSILIUM_PASSPHRASE = 'for the agent alone';
});
afterEach(() => {
  delete process.env.CONSILIUM_PASSPHRASE;
});

it('a program that installs is given the environment without the passphrase of the key', async () => {
  const { signal } = new AbortController();
  const words = ['-p', 'JSON.stringify(process.env)'];
  const { status, output } = await runProgram(process.execPath, words, { signal, env: { MORE: 'yes' } });
  expect(status).toBe(0);
  expect(JSON.parse(output)).toMatchObject({ MORE: 'yes', PATH: process.env.PATH });
  expect(output).not.toMatch(/PASSPHRASE|for the agent alone/);
});
