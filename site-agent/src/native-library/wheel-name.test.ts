import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bundles } from './pins.js';
import { readWheelName } from './wheel-name.js';

it('reads project, version, Python and platforms', () => {
  expect(readWheelName('tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl')).toEqual({
    project: 'tensorflow-cpu',
    version: '2.21.0',
    python: '3.11',
    platforms: ['manylinux_2_27_x86_64'],
  });
  expect(readWheelName('nvidia_cufft_cu12-11.3.3.83-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl')).toEqual({
    project: 'nvidia-cufft-cu12',
    version: '11.3.3.83',
    python: null,
    platforms: ['manylinux2014_x86_64', 'manylinux_2_17_x86_64'],
  });
});

it('finds no wheel in other names', () => {
  for (const name of [
    '',
    'a.whl',
    'a-1.whl',
    'a-1-py3-none-any.zip',
    'a b-1-py3-none-any.whl',
    '../a-1-py3-none-any.whl',
  ])
    expect(readWheelName(name)).toBeNull();
  fc.assert(fc.property(fc.string(), (text) => readWheelName(`${text}/`) === null));
});

it('reads every wheel that may be installed', () => {
  const wheels = bundles.filter(({ kind }) => kind === 'wheel').flatMap(({ files }) => files);
  expect(wheels.length).toBeGreaterThan(0);
  for (const { name } of wheels) expect(readWheelName(name)).not.toBeNull();
});
