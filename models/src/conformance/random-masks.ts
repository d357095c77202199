import { results, tf } from '../backend/index.js';
import { dropout } from '../layers/index.js';
import { type ConformanceCase, knownCase } from './case.js';

const rate = 0.3;
const shape = [100, 64];
const elements = 6400;

/** What dropout makes of ones, under a seed. */
async function dropped(seed: number, place = 'here'): Promise<Float64Array> {
  const [result] = await results(() => dropout(tf.ones(shape), rate, { training: true, seed }, place));
  return result?.values ?? new Float64Array();
}

const apart = (a: Float64Array, b: Float64Array): number =>
  a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] ?? 0)), 0);

/** A backend may draw its masks where its tensors lie, so only what holds for every right mask is compared. */
export const randomMasks: readonly ConformanceCase[] = [
  knownCase('random masks', {
    name: 'an element is dropped or scaled up',
    compute: async () => {
      const others = (await dropped(1)).filter((value) => value !== 0 && Math.abs(value * (1 - rate) - 1) > 1e-6);
      return [others.length];
    },
    expected: [0],
  }),
  knownCase('random masks', {
    name: 'the share that is dropped is the rate, within five standard deviations',
    compute: async () => {
      const share = (await dropped(2)).filter((value) => value === 0).length / elements;
      return [Math.abs(share - rate) < 5 * Math.sqrt((rate * (1 - rate)) / elements) ? 1 : 0];
    },
    expected: [1],
  }),
  knownCase('random masks', {
    name: 'one seed and place give one mask, others another',
    compute: async () => {
      const first = await dropped(3);
      const others = [await dropped(3), await dropped(4), await dropped(3, 'there')];
      return others.map((other) => (apart(first, other) === 0 ? 1 : 0));
    },
    expected: [1, 0, 0],
  }),
];
