import { siteId, stepId } from '@consilium/shared/ids';
import { expect, it } from 'vitest';
import type { StepView } from '../conduct/view.js';
import { durationsOf, timedSteps } from './index.js';

const at = (seconds: number) => new Date(1000 * seconds).toISOString();
const step = (id: string, opened: number, done: number | null, took: Readonly<Record<string, number>>): StepView => ({
  ...{ step: stepId.parse(id), kind: 'train', stage: 0, round: 1, opened: at(opened), folding: null },
  ...{
    done: done === null ? null : at(done),
    model: null,
    isBest: false,
    asked: 2,
    accepted: 2,
    absent: 0,
    sampleShare: 1,
    unmet: [],
    bytes: 0,
  },
  sites: Object.entries(took).map(([site, seconds]) => ({
    ...{ site: siteId.parse(site), standing: 'accepted', hash: null, at: at(opened + seconds), seconds, bytes: 0 },
    ...{ samples: 1, refusals: 0, code: null, excused: false },
  })),
});

it('a site’s durations are those of ended steps of the kind that it took part in', () => {
  const steps = timedSteps([
    step('train:0:1', 0, 40, { a: 12 }),
    step('validate:1', 40, 50, { a: 2, b: 3 }),
    step('train:0:2', 50, null, { a: 9, b: 9 }),
    { ...step('test', 90, null, {}), opened: null },
  ]);
  expect(steps).toHaveLength(3);
  expect(durationsOf(steps, 'a', 'train')).toEqual([12]);
  expect(durationsOf(steps, 'b', 'train')).toEqual([]);
  expect(durationsOf(steps, 'b', 'validate')).toEqual([3]);
});
