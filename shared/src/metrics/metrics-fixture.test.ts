import { describe, expect, it } from 'vitest';
import {
  accuracy,
  areaUnderRoc,
  averagePrecision,
  balancedAccuracy,
  classScores,
  coarser,
  confusionOf,
  countsOf,
  expectedCalibrationError,
  macroF1,
  matthews,
  maximumCalibrationError,
  mean,
  measure,
  mergeCounts,
  metricsOf,
  mostProbable,
  rank,
  reliability,
  weightedF1,
} from './index.js';
import fixture from './metrics.fixture.json' with { type: 'json' };

const close = 9;

describe('metrics against independent numbers', () => {
  const { multiclass, binary, calibration } = fixture;
  const confusion = confusionOf(multiclass.yTrue, multiclass.yPred, 3);

  it('counts the confusion matrix and all that follows from it', () => {
    expect(confusion).toEqual(multiclass.confusionRowsTrue);
    expect(accuracy(confusion)).toBeCloseTo(multiclass.accuracy, close);
    expect(balancedAccuracy(confusion)).toBeCloseTo(multiclass.balancedAccuracy, close);
    expect(macroF1(confusion)).toBeCloseTo(multiclass.macroF1, close);
    expect(weightedF1(confusion)).toBeCloseTo(multiclass.weightedF1, close);
    expect(matthews(confusion)).toBeCloseTo(multiclass.mcc, close);
    classScores(confusion).forEach((score, index) => {
      expect(score.precision).toBeCloseTo(multiclass.precision[index]!, close);
      expect(score.recall).toBeCloseTo(multiclass.recall[index]!, close);
      expect(score.f1).toBeCloseTo(multiclass.f1[index]!, close);
    });
  });

  it('takes the Matthews correlation of a zero root as 0', () => {
    for (const { yTrue, yPred, mcc } of fixture.mccEdge) expect(matthews(confusionOf(yTrue, yPred, 3))).toBe(mcc);
    expect(matthews(confusionOf(binary.yTrue, binary.yPred, 2))).toBeCloseTo(binary.mcc, close);
  });

  it('ranks with ties', () => {
    const positive = rank(binary.scores, (row) => binary.yTrue[row] === 1);
    const opposite = binary.scores.map((score) => 1 - score);
    const negative = rank(opposite, (row) => binary.yTrue[row] === 0);
    expect(areaUnderRoc(positive)).toBeCloseTo(binary.rocAuc, close);
    expect(areaUnderRoc(negative)).toBeCloseTo(binary.rocAuc, close);
    expect(averagePrecision(positive)).toBeCloseTo(binary.averagePrecisionPositive, close);
    expect(averagePrecision(negative)).toBeCloseTo(binary.averagePrecisionNegative, close);
    expect(mean([averagePrecision(positive)!, averagePrecision(negative)!])).toBeCloseTo(binary.mapMacro, close);
  });

  it('pools all pairs for the micro average precision', () => {
    const probabilities = binary.scores.flatMap((score) => [1 - score, score]);
    const measured = measure({ y: binary.yTrue, probabilities, classes: 2 });
    expect(measured.microAp).toBeCloseTo(binary.mapMicro, close);
    expect(measured.ap).toBeCloseTo(binary.mapMacro, close);
    expect(measured.auc).toBeCloseTo(binary.rocAuc, close);
  });

  it('pools them over sites from counts, scores in bins', () => {
    const site = (from: number, until: number) =>
      countsOf({
        y: binary.yTrue.slice(from, until),
        probabilities: binary.scores.slice(from, until).flatMap((score) => [1 - score, score]),
        classes: 2,
      });
    const half = binary.yTrue.length >> 1;
    const pooled = metricsOf(mergeCounts([site(0, half), site(half, binary.yTrue.length)]));
    expect(Math.abs(pooled.microAp! - binary.mapMicro)).toBeLessThan(2e-3);
  });

  it('measures calibration in bins that hold their upper edge', () => {
    const flat = calibration.probabilities.flat();
    const predicted = mostProbable(flat, 3);
    const confidences = calibration.probabilities.map((row) => Math.max(...row));
    const right = (row: number) => predicted[row] === calibration.labels[row];
    const ten = reliability(confidences, right, 10);
    expect(expectedCalibrationError(ten)).toBeCloseTo(calibration.ece10, close);
    expect(maximumCalibrationError(ten)).toBeCloseTo(calibration.mce10, close);
    expect(expectedCalibrationError(reliability(confidences, right, 5))).toBeCloseTo(calibration.ece5, close);
    for (const [index, count, confidence, share] of calibration.bins10_index_count_conf_acc) {
      const bin = ten[index!]!;
      expect(bin.count).toBe(count);
      expect(bin.confidence / bin.count).toBeCloseTo(confidence!, close);
      expect(bin.correct / bin.count).toBeCloseTo(share!, close);
    }
    expect(coarser(reliability(confidences, right), 10).map((bin) => bin.count)).toEqual(ten.map((bin) => bin.count));
    const measured = measure({ y: calibration.labels, probabilities: flat, classes: 3 });
    expect(measured.ece).toBeCloseTo(calibration.ece10, close);
    expect(measured.brier).toBeCloseTo(calibration.brierSumOverClasses, close);
    expect(measured.loss).toBeCloseTo(calibration.nll, close);
  });
});

describe('metrics at their edges', () => {
  it('gives null, never NaN, for no samples', () => {
    const nothing = measure({ y: [], probabilities: [], classes: 3 });
    expect(nothing).toMatchObject({
      n: 0,
      accuracy: null,
      macroF1: null,
      mcc: null,
      auc: null,
      ap: null,
      loss: null,
      ece: null,
    });
    expect(nothing.perClass[0]).toEqual({ class: '0', support: 0, precision: null, recall: null, f1: null, auc: null });
    expect(JSON.stringify(nothing)).not.toContain('NaN');
  });

  it('has no AUC with one class only, and counts that class alone in the means', () => {
    const measured = measure({ y: [1, 1], probabilities: [0.2, 0.8, 0.6, 0.4], classes: 2 }, ['a', 'b']);
    expect(measured).toMatchObject({ accuracy: 0.5, balancedAccuracy: 0.5, auc: null, mcc: 0, ap: 1 });
    expect(measured.macroF1).toBeCloseTo(2 / 3, 12);
  });

  it('gives ½ for a constant score', () => {
    expect(areaUnderRoc(rank([0.5, 0.5, 0.5], (row) => row === 0))).toBe(0.5);
  });

  it('keeps the log loss finite when the true class has probability 0', () => {
    expect(measure({ y: [0], probabilities: [0, 1], classes: 2 }).loss).toBeCloseTo(27.631, 3);
  });

  it.each([
    ['NaN', { y: [0], probabilities: [Number.NaN, 1], classes: 2 }],
    ['a row that does not sum to 1', { y: [0], probabilities: [0.5, 0.6], classes: 2 }],
    ['a negative probability', { y: [0], probabilities: [-0.5, 1.5], classes: 2 }],
    ['a foreign label', { y: [2], probabilities: [0.5, 0.5], classes: 2 }],
    ['a missing probability', { y: [0, 1], probabilities: [0.5, 0.5], classes: 2 }],
    ['one class', { y: [0], probabilities: [1], classes: 1 }],
  ])('refuses %s', (_, predictions) => {
    expect(() => measure(predictions)).toThrow(expect.objectContaining({ code: 'CSM-METRICS-INPUT' }));
  });
});
