import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('main.mjs', import.meta.url));
const bench = (...words: string[]) =>
  spawnSync(process.execPath, [main, 'training', '--', ...words], { encoding: 'utf8' });

describe('bench of training', () => {
  const small = ['--networks', 'trial', '--backends', 'wasm', '--rounds', '1', '--steps', '2'];

  it('measures step, prediction and memory of a network, whose twin computes the same where there is one', () => {
    const { status, stdout, stderr } = bench(...small);
    expect(stderr).toMatch(/trial: 1,542 weights; first losses wasm 0\.\d+/);
    expect(stderr).toMatch(/Other programs took \d+ % of the processors/);
    expect(status).toBe(0);
    expect(stdout).toMatch(/trial, wasm: step +\d+\.\d ms/);
    expect(stdout).toMatch(/trial, wasm: predict +\d+\.\d ms/);
    expect(stdout).toMatch(/trial, wasm: peak memory +\d+ MiB/);
  });

  it('says that PyTorch is left out, and gives no ratio to it', () => {
    const { stdout, stderr } = bench(...small, '--without-peer');
    expect(stderr).toMatch(/Without PyTorch/);
    expect(stdout).not.toMatch(/pytorch/);
  });

  it('shows the kernels of a step', () => {
    const { status, stdout } = bench('--networks', 'trial', '--backends', 'wasm', '--profile');
    expect(status).toBe(0);
    expect(stdout).toMatch(/trial, wasm: \d+\.\d ms, \d+ kernel calls/);
    expect(stdout).toMatch(/ms +\d+ +Conv2DBackpropFilter/);
  });

  it('goes on without a backend that is not there, and says so', () => {
    const nowhere = fileURLToPath(new URL('nowhere', import.meta.url));
    const { status, stderr, stdout } = spawnSync(
      process.execPath,
      [main, 'training', '--', ...small, '--backends', 'native,wasm', '--without-peer'],
      { encoding: 'utf8', env: { ...process.env, CONSILIUM_NATIVE: nowhere } },
    );
    expect(stderr).toMatch(/Without native: .*not installed/);
    expect(stdout).toMatch(/trial, wasm: step/);
    expect(stdout).not.toMatch(/native/);
    expect(status).toBe(0);
  });

  it.each([
    ['--networks', 'nope'],
    ['--backends', 'abacus'],
    ['--rounds', '0'],
    ['--other', '1'],
  ])('refuses %s %s with the options that there are', (...words) => {
    const { status, stderr } = bench(...words);
    expect(status).toBe(2);
    expect(stderr).toMatch(/--networks a,b/);
  });
});
