/**
 * Bins for score histograms, even in log-odds rather than in probability. A confident network puts most scores within a
 * thousandth of 0 or 1; equal bins on [0, 1] would call all of those ties and lose whole points of AUC. Here each octave
 * of p below ½, and of 1 − p above it, has the same number of bins. A float32 holds probabilities far nearer to 0 than
 * to 1, so the lower side has more octaves.
 */
const binsPerOctave = 32;
const lowerOctaves = 64;
const upperOctaves = 24;
const lowerBins = lowerOctaves * binsPerOctave;

/** Bins of one score histogram. */
export const scoreBins = lowerBins + upperOctaves * binsPerOctave;

/** Bin of a probability; a higher one never falls into a lower bin. */
export function scoreBin(probability: number): number {
  return probability < 0.5
    ? lowerBins - 1 - binsFromHalf(probability, lowerOctaves)
    : lowerBins + binsFromHalf(1 - probability, upperOctaves);
}

/** How many bins a distance from 0 (or 1) lies below ½, found without a logarithm, so alike on every machine. */
function binsFromHalf(distance: number, octaves: number): number {
  if (distance >= 0.5) return 0;
  let octave = 0;
  let scaled = distance * 4;
  while (scaled < 1 && octave < octaves - 1) {
    scaled *= 2;
    octave++;
  }
  // Within the octave [1, 2); below the last one everything shares its lowest bin.
  const fromTop = binsPerOctave - 1 - Math.max(0, Math.floor((scaled - 1) * binsPerOctave));
  return octave * binsPerOctave + fromTop;
}
