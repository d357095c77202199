import { coded } from '@consilium/shared/errors';
import type { OpenTile, Strategy } from './strategy.js';
import { type MeanSettings, weightedMean } from './weighted-mean.js';

/** One value's step: what is kept of it before, and the mean direction Δ; what is kept of it now, and the step from the base. */
type Step = (direction: number, kept: readonly Float32Array[], at: number) => number;

/**
 * A strategy that takes the mean direction of the updates, Δ = Σ (nᵢ / N) (wᵢ − base), for a gradient with the opposite sign and
 * lets an optimizer of the server make the next model of it (Reddi et al. 2021, Adaptive Federated Optimization, algorithm 2).
 * What the optimizer keeps is rounded to float32 between rounds. Moving averages are those of all sites' rows together: no
 * step is made with them.
 * @throws CSM-RUN-DIVERGED where the next model would not be finite
 */
export const serverStep =
  <Settings extends MeanSettings>(keeps: readonly string[], stepOf: (settings: Settings) => Step): Strategy<Settings> =>
  (settings, contributions, means) => {
    const { survey, counts, open, add, direction } = weightedMean(settings, contributions, means);
    const step = stepOf(settings);
    let tile: OpenTile = { base: new Float32Array(), kept: [] };
    return {
      ...(survey && { survey }),
      readsBase: true,
      keeps,
      counts,
      open: (opened) => {
        tile = opened;
        open();
      },
      add,
      close: (into) => {
        const { base, kept } = tile;
        const { values } = direction(base);
        for (let i = 0; i < into.length; i++) {
          into[i] = base[i]! + step(values[i]!, kept, i);
          if (!Number.isFinite(into[i]!)) throw coded('CSM-RUN-DIVERGED');
        }
      },
    };
  };

/** Directions as far apart as float32 allows have squares beyond it; an infinite one would stop its weight for ever. */
export const mostKept = 2 ** 128 - 2 ** 104;

/** v ← v + Δ², and so on, stay within float32. */
export const within = (value: number): number => Math.max(-mostKept, Math.min(mostKept, value));
