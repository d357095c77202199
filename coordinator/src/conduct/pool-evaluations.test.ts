import { countsOf } from '@consilium/shared/metrics';
import { describe, expect, it } from 'vitest';
import { poolEvaluations } from './pool-evaluations.js';

const classes = ['A', 'B'];
const salt = 'A'.repeat(22);
const nothing = { salt, counts: null, report: null };
/** Rows of class 0, the first `right` of them told so. */
const counts = (rows: number, right: number) =>
  countsOf({
    y: new Int32Array(rows),
    probabilities: Float32Array.from({ length: 2 * rows }, (_, index) =>
      index % 2 === (Math.floor(index / 2) < right ? 0 : 1) ? 0.9 : 0.1,
    ),
    classes: 2,
  });

describe('evaluations of several sites', () => {
  it('of a stage without classes give the mean loss over all samples', () => {
    const pooled = poolEvaluations(
      [{ ...nothing, score: { n: 10, loss: 1 } }, nothing, { ...nothing, score: { n: 30, loss: 2 } }],
      classes,
    );
    expect(pooled.metrics).toMatchObject({ n: 40, loss: 1.75, accuracy: null, auc: null });
  });

  it('give baselines and other figures as if all patients lay in one place', () => {
    const site = (rows: number, right: number, sum: number) => ({
      ...nothing,
      counts: counts(rows, rows),
      panels: [{ name: 'majority', counts: counts(rows, right) }],
      figures: [{ name: 'retrieval-map3', n: rows, sum }],
    });
    const pooled = poolEvaluations([site(10, 2, 5), site(30, 24, 25)], classes);
    expect(pooled.metrics).toMatchObject({ n: 40, accuracy: 1, microAp: 1 });
    expect(pooled.panels).toMatchObject([{ name: 'majority', metrics: { n: 40, accuracy: 0.65 } }]);
    expect(pooled.figures).toEqual([{ name: 'retrieval-map3', n: 40, mean: 0.75 }]);
  });

  it('give nothing where all withheld theirs', () => {
    expect(poolEvaluations([nothing, nothing], classes)).toEqual({});
  });
});
