import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../backend/index.js';
import { numberBackends } from '../testing/index.js';
import { centredTeacher, movedAverage, movedCentre, sinkhornTeacher, teacherEntropy } from './index.js';
import fixture from './self-distillation.fixture.json' with { type: 'json' };

const backends = await numberBackends();

const close = (actual: tf.Tensor, wanted: number[] | number[][], tolerance = 1e-6) =>
  expect(actual.sub(tf.tensor(wanted)).abs().max().dataSync()[0]).toBeLessThan(tolerance);

describe.each(backends)('the teacher on %s', (backend) => {
  beforeAll(() => useBackend(backend));
  const logits = () => tf.tensor2d(fixture.teacherCls);
  const centre = () => tf.tensor1d(fixture.center);

  it('says what the worked example says, centred and sharpened', () => {
    close(centredTeacher(logits(), centre(), fixture.teacherTemp), fixture.teacherProb);
  });

  it('uses all prototypes alike after Sinkhorn–Knopp', () => {
    const { temp, iterations, assignments } = fixture.sinkhorn;
    const shares = sinkhornTeacher(tf.tensor2d(fixture.sinkhorn.logits), temp, iterations);
    close(shares, assignments);
    close(shares.sum(1), [1, 1, 1, 1]);
  });

  it('stays finite where a prototype is far from every row, and where logits are large', () => {
    const far = sinkhornTeacher(tf.tensor2d([300, 290, -400, 295, 300, -400], [2, 3]), 1);
    expect(far.isFinite().all().dataSync()[0]).toBe(1);
    close(far.sum(1), [1, 1]);
  });

  it('moves its centre by the mean of its logits', () => {
    close(movedCentre(centre(), logits(), fixture.centerMomentum), fixture.centerAfterUpdate);
  });

  it('follows the student slowly', () => {
    const { momentum, teacher, student, after } = fixture.ema;
    close(movedAverage(tf.tensor1d(teacher), tf.tensor1d(student), momentum), after);
  });

  it('comes as far in one step of the power as in so many steps', () => {
    const { momentum, teacher, student } = fixture.ema;
    let average = tf.tensor1d(teacher);
    for (let step = 0; step < 5; step++) average = movedAverage(average, tf.tensor1d(student), momentum);
    close(movedAverage(tf.tensor1d(teacher), tf.tensor1d(student), momentum ** 5), [...average.dataSync()]);
  });

  it('shows by its entropy that it has collapsed', () => {
    const entropy = (probabilities: number[][]) => teacherEntropy(tf.tensor2d(probabilities)).dataSync()[0];
    expect(entropy([[0, 1, 0, 0]])).toBeCloseTo(0, 6);
    expect(entropy([[0.25, 0.25, 0.25, 0.25]])).toBeCloseTo(Math.log(4), 6);
    expect(
      entropy([
        [0.25, 0.25, 0.25, 0.25],
        [0, 0, 0, 1],
      ]),
    ).toBeCloseTo(Math.log(4) / 2, 6);
  });
});
