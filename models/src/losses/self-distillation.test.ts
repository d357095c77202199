import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../backend/index.js';
import { numberBackends } from '../testing/index.js';
import { centredTeacher, distilCells, distilViews } from './index.js';
import fixture from './self-distillation.fixture.json' with { type: 'json' };

const backends = await numberBackends();

const { studentTemp: temperature, teacherTemp, patch } = fixture;
const centre = () => tf.tensor1d(fixture.center);
const teacherOf = (logits: number[][]) => centredTeacher(tf.tensor2d(logits), centre(), teacherTemp);
const numberOf = (scalar: tf.Scalar) => scalar.dataSync()[0]!;
const largest = (tensor: tf.Tensor) => tensor.abs().max().dataSync()[0];

describe.each(backends)('distilViews on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it('gives the worked example: each view against the other', () => {
    const loss = distilViews(tf.tensor2d(fixture.studentCls), teacherOf(fixture.teacherCls), {
      patients: 1,
      temperature,
    });
    expect(numberOf(loss)).toBeCloseTo(fixture.clsLoss, 4);
  });

  const [views, taught, patients, prototypes] = [5, 2, 3, 4];
  const student = () => tf.randomNormal<tf.Rank.R2>([views * patients, prototypes], 0, 0.3, 'float32', 1);
  const teacher = () => tf.softmax(tf.randomNormal<tf.Rank.R2>([taught * patients, prototypes], 0, 2, 'float32', 2));
  /** Pair by pair, as the formula stands. */
  const plain = (logits: tf.Tensor) => {
    const view = (x: tf.Tensor, index: number) => x.slice([index * patients, 0], [patients, prototypes]);
    let sum: tf.Tensor = tf.scalar(0);
    for (let u = 0; u < taught; u++) {
      for (let v = 0; v < views; v++) {
        if (u === v) continue;
        const pair = view(teacher(), u).mul(tf.logSoftmax(view(logits, v).div(temperature)));
        sum = sum.sub(pair.sum(1).mean());
      }
    }
    return sum.div<tf.Scalar>(taught * (views - 1));
  };

  it('is the mean over all pairs of two different views, and so is its gradient', () => {
    const loss = (logits: tf.Tensor) => distilViews(logits as tf.Tensor2D, teacher(), { patients, temperature });
    expect(numberOf(loss(student()))).toBeCloseTo(numberOf(plain(student())), 5);
    expect(largest(tf.grad(loss)(student()).sub(tf.grad(plain)(student())))).toBeLessThan(1e-5);
  });

  it('hands no gradient to the teacher', () => {
    const shared = student().slice(0, taught * patients) as tf.Tensor2D;
    const fromBoth = tf.grad((logits) =>
      distilViews(logits as tf.Tensor2D, tf.softmax(logits as tf.Tensor2D), { patients, temperature }),
    )(shared);
    const constant = tf.softmax(shared);
    const fromStudent = tf.grad((logits) => distilViews(logits as tf.Tensor2D, constant, { patients, temperature }))(
      shared,
    );
    expect(largest(fromBoth.sub(fromStudent))).toBe(0);
  });

  it('refuses rows that are no whole views', () => {
    expect(() => distilViews(student(), teacher(), { patients: 4, temperature })).toThrow(RangeError);
    const swapped = () => distilViews(teacher(), student(), { patients, temperature });
    expect(swapped).toThrow(RangeError);
  });
});

describe.each(backends)('distilCells on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  const masked = (mask: readonly (readonly boolean[])[]) => {
    const cells = mask.flatMap((bag, index) => bag.flatMap((hidden, cell) => (hidden ? [[index, cell] as const] : [])));
    const pick = (logits: number[][][]) => cells.map(([bag, cell]) => logits[bag]![cell]!);
    const bagOf = Int32Array.from(cells, ([bag]) => bag);
    return { student: pick(patch.student), teacher: pick(patch.teacher), bagOf, bags: mask.length };
  };

  it.each([
    { mask: patch.mask, wanted: patch.loss },
    { mask: patch.maskWithUnmaskedBag, wanted: patch.lossWithUnmaskedBag },
  ])('gives the worked example: $wanted', ({ mask, wanted }) => {
    const { student, teacher, bagOf, bags } = masked(mask);
    const loss = distilCells(tf.tensor2d(student), teacherOf(teacher), { bagOf, bags, temperature });
    expect(numberOf(loss)).toBeCloseTo(wanted, 5);
  });

  it('has the gradient that the plain formula has', () => {
    const { student, teacher, bagOf, bags } = masked(patch.mask);
    const shares = tf.tensor2d(
      [...bagOf].map((bag) => 1 / (bags * bagOf.filter((other) => other === bag).length)),
      [bagOf.length, 1],
    );
    const plain = (z: tf.Tensor) => tf.logSoftmax(z.div(temperature)).mul(teacherOf(teacher)).mul(shares).sum().neg();
    const byHand = (z: tf.Tensor) => distilCells(z as tf.Tensor2D, teacherOf(teacher), { bagOf, bags, temperature });
    const at = tf.tensor2d(student);
    expect(largest(tf.grad(byHand)(at).sub(tf.grad(plain)(at)))).toBeLessThan(1e-5);
  });

  it('refuses bags of other cells, and no cell at all', () => {
    const { student, teacher, bags } = masked(patch.mask);
    const run = (bagOf: Int32Array) => () =>
      distilCells(tf.tensor2d(student), teacherOf(teacher), { bagOf, bags, temperature });
    expect(run(Int32Array.of(0, 1))).toThrow(RangeError);
    const none = tf.zeros<tf.Rank.R2>([0, 5]);
    expect(() => distilCells(none, none, { bagOf: new Int32Array(0), bags, temperature })).toThrow(RangeError);
  });
});
