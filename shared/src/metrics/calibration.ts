/** One bin (low, high] of a reliability curve; confidence is the probability of the predicted class. */
export interface ReliabilityBin {
  readonly low: number;
  readonly high: number;
  readonly count: number;
  /** Predicted right. */
  readonly correct: number;
  /** Sum of the confidences. */
  readonly confidence: number;
}

/**
 * Bins that a reliability curve is counted in: the least number that merges into both 10 and 15 equal bins,
 * so that one count gives both customary calibration errors.
 */
export const finestBins = 30;

/** Bin (l, u] of a confidence among `bins` equal ones; 0 falls into the first. */
export function reliabilityBin(confidence: number, bins: number): number {
  let bin = Math.min(bins - 1, Math.max(0, Math.ceil(confidence * bins) - 1));
  // The product may be rounded across an edge; the quotient is the edge.
  if (confidence <= bin / bins && bin > 0) bin--;
  else if (confidence > (bin + 1) / bins && bin < bins - 1) bin++;
  return bin;
}

/** Counts confidences into equal bins. */
export function reliability(
  confidences: ArrayLike<number>,
  correct: (row: number) => boolean,
  bins: number = finestBins,
): readonly ReliabilityBin[] {
  const curve = Array.from({ length: bins }, (_, bin) => ({
    low: bin / bins,
    high: (bin + 1) / bins,
    count: 0,
    correct: 0,
    confidence: 0,
  }));
  for (let row = 0; row < confidences.length; row++) {
    const bin = curve[reliabilityBin(confidences[row]!, bins)]!;
    bin.count += 1;
    bin.correct += correct(row) ? 1 : 0;
    bin.confidence += confidences[row]!;
  }
  return curve;
}

/** The same curve in fewer bins; `bins` must divide the number of bins there are. */
export function coarser(curve: readonly ReliabilityBin[], bins: number): readonly ReliabilityBin[] {
  const each = curve.length / bins;
  if (!Number.isInteger(each)) throw new RangeError(`coarser: ${curve.length} bins do not merge into ${bins}`);
  return Array.from({ length: bins }, (_, bin) => {
    const merged = curve.slice(bin * each, (bin + 1) * each);
    const total = (key: 'count' | 'correct' | 'confidence') => merged.reduce((sum, part) => sum + part[key], 0);
    return {
      low: bin / bins,
      high: (bin + 1) / bins,
      count: total('count'),
      correct: total('correct'),
      confidence: total('confidence'),
    };
  });
}

/** Expected calibration error: Σ (n_b/N)·|accuracy_b − confidence_b| (Guo et al. 2017); null without samples. */
export function expectedCalibrationError(curve: readonly ReliabilityBin[]): number | null {
  const n = curve.reduce((sum, bin) => sum + bin.count, 0);
  if (n === 0) return null;
  return curve.reduce((sum, bin) => sum + Math.abs(bin.correct - bin.confidence), 0) / n;
}

/** Largest gap between accuracy and confidence in any bin that has samples; null without samples. */
export function maximumCalibrationError(curve: readonly ReliabilityBin[]): number | null {
  const gaps = curve.filter((bin) => bin.count > 0).map((bin) => Math.abs(bin.correct - bin.confidence) / bin.count);
  return gaps.length === 0 ? null : Math.max(...gaps);
}
