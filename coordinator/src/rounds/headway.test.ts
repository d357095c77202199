import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Headway, headwayByMoving, headwayBySaying, noHeadway } from './headway.js';
import { hash } from './testing/drive.js';

type Word = Parameters<typeof headwayBySaying>[1];

const training = (done: number, epoch = 1): Word => ({
  activity: 'training',
  progress: { done, total: 10, unit: 'batches', epoch },
});

/** Which of these words bring a site further. */
function further(words: readonly Word[], from: Headway = noHeadway): readonly boolean[] {
  let headway = from;
  return words.map((word) => {
    const heard = headwayBySaying(headway, word);
    headway = heard.headway;
    return heard.isFurther;
  });
}

describe('a site is further in a step', () => {
  it('by each activity once, but for faults', () => {
    const activities = ['fetching', 'training', 'troubled', 'fetching', 'training', 'uploading', 'declined'] as const;
    expect(further(activities.map((activity) => ({ activity, progress: null })))).toEqual([
      ...[true, true, false, false, false, true, false],
    ]);
  });

  it('by batches beyond all before, counted over the step or over each epoch', () => {
    expect(further([training(1), training(1), training(4), training(5, 2), training(9, 2)])).toEqual([
      ...[true, false, true, true, true],
    ]);
    expect(further([training(9), training(1, 2), training(2, 2)])).toEqual([true, true, true]);
    expect(further([training(9, 3), training(10, 1), training(11, 2)])).toEqual([true, true, true]);
  });

  it('by bytes of a blob that had not arrived', () => {
    const first = headwayByMoving(noHeadway, hash('model'), 10);
    expect(first.isFurther).toBe(true);
    expect(headwayByMoving(first.headway, hash('model'), 10).isFurther).toBe(false);
    expect(headwayByMoving(first.headway, hash('model'), 11).isFurther).toBe(true);
    expect(headwayByMoving(first.headway, hash('update'), 1).isFurther).toBe(true);
  });

  it('a bounded number of times, however often an agent begins anew, and in bounded memory', () => {
    const arbitraryWord: fc.Arbitrary<Word> = fc.record({
      activity: fc.constantFrom('idle', 'fetching', 'training', 'troubled', 'uploading'),
      progress: fc.option(
        fc.record({
          ...{ done: fc.integer({ min: 0, max: 10 }), total: fc.constant(10) },
          ...{ unit: fc.constantFrom('batches', 'bytes'), epoch: fc.integer({ min: 0, max: 3 }) },
        }),
      ),
    });
    fc.assert(
      fc.property(fc.array(arbitraryWord, { maxLength: 400 }), (words) => {
        // Four activities; ten batches in each of three epochs, from the start and three times again.
        expect(further(words).filter(Boolean).length).toBeLessThanOrEqual(4 + 4 * 4 * 11);
      }),
    );
    let headway = noHeadway;
    for (let blob = 0; blob < 2_000; blob++) headway = headwayByMoving(headway, hash(`${blob}`), 1).headway;
    expect(headway.arrived.size).toBe(1_000);
  });
});
