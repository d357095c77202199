import { siteId, stepId } from '@consilium/shared/ids';
import { expect, it } from 'vitest';
import { exampleView } from '../api/testing/fake-runs.js';
import type { RunView } from '../conduct/view.js';
import { formats } from './formats.js';
import { participationText } from './participation.js';

const format = formats('en', 'UTC');
const step = stepId.parse('train:0:9');

it('says how the open step stands and what the contract says will happen', () => {
  const view = exampleView();
  const { participation } = view;
  const under = (onShortfall: RunView['participation']['onShortfall']) =>
    participationText({ ...view, participation: { ...participation, onShortfall } }, format);
  expect(under(null)).toEqual([
    expect.stringMatching(/^1 of 4 asked sites stand behind the step, with 20\s% of the samples\. It needs 4 sites\.$/),
    'If it lacks that in the end, the run waits for sites that idled out, and fails if none may return.',
  ]);
  expect(under('wait')[1]).toContain('waits until the sites are back');
  expect(under('degrade')[1]).toContain('goes on with the sites that are there');
  expect(under('fail')[1]).toContain('the run fails');
});

it('says whom a paused run waits for, since when, and that it goes on by itself', () => {
  const { participation } = exampleView();
  const required = [siteId.parse('hospital-d')];
  const paused = exampleView({
    ...{ phase: 'paused', pausedBy: 'participation', step },
    participation: { ...participation, required, quorum: 1, minimumSampleShare: 0.8 },
  });
  expect(participationText(paused, format)).toEqual([
    expect.stringMatching(/It needs 1 site, among them hospital-d, and 80\s% of the samples of a round\.$/),
    expect.stringMatching(
      /^The run waits for hospital-d \(missing since train:0:8, Jan 12, 2026, 8:40\sAM\)\. It goes on by itself as soon/,
    ),
  ]);
  expect(participationText({ ...paused, phase: 'closed' }, format)).toEqual([]);
});
