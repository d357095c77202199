import { coarser, expectedCalibrationError, maximumCalibrationError, type ReliabilityBin } from './calibration.js';
import { accuracy, balancedAccuracy, classScores, macroF1, matthews, mean, weightedF1 } from './classification.js';
import { type Confusion, totalOf } from './confusion.js';
import { type Measures, shownBins } from './measures.js';
import { areaUnderRoc, averagePrecision, type RankedGroups } from './ranking.js';

/** What a set of measures is computed from, whether from the samples themselves or from merged counts. */
export interface Evidence {
  readonly names: readonly string[];
  readonly confusion: Confusion;
  /** One ranking for each class against the others. */
  readonly rankings: readonly RankedGroups[];
  /** All (class, score) pairs in one ranking. */
  readonly pooledRanking: RankedGroups;
  /** 30 bins. */
  readonly reliability: readonly ReliabilityBin[];
  /** Sums over samples. */
  readonly brier: number;
  readonly loss: number;
}

/** Computes all measures from one body of evidence, so that local and pooled figures cannot drift apart. */
export function assemble(evidence: Evidence): Measures {
  const { confusion, reliability } = evidence;
  const n = totalOf(confusion);
  const areas = evidence.rankings.map(areaUnderRoc);
  const precisions = evidence.rankings.map(averagePrecision);
  const shown = coarser(reliability, shownBins);
  const perSample = (sum: number) => (n === 0 ? null : sum / n);
  return {
    n,
    accuracy: accuracy(confusion),
    balancedAccuracy: balancedAccuracy(confusion),
    macroF1: macroF1(confusion),
    weightedF1: weightedF1(confusion),
    mcc: matthews(confusion),
    auc: mean(areas.filter((area) => area !== null)),
    ap: mean(precisions.filter((area) => area !== null)),
    microAp: averagePrecision(evidence.pooledRanking),
    loss: perSample(evidence.loss),
    brier: perSample(evidence.brier),
    ece: expectedCalibrationError(shown),
    ece15: expectedCalibrationError(coarser(reliability, 15)),
    mce: maximumCalibrationError(shown),
    perClass: classScores(confusion).map((score, index) => ({
      class: evidence.names[index]!,
      ...score,
      auc: areas[index]!,
    })),
    confusion,
    reliability: shown.map((bin) => ({
      low: bin.low,
      high: bin.high,
      count: bin.count,
      accuracy: bin.count === 0 ? null : bin.correct / bin.count,
      confidence: bin.count === 0 ? null : bin.confidence / bin.count,
    })),
  };
}
