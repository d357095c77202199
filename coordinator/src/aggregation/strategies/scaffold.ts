import { localSteps } from '@consilium/shared/contract';
import { coded } from '@consilium/shared/errors';
import { within } from './server-step.js';
import type { OpenTile, Strategy } from './strategy.js';
import { sharesOf } from './weighted-mean.js';

interface Settings {
  readonly rate: number;
  readonly maximumShare?: number;
}

/**
 * Stochastic controlled averaging (Karimireddy et al. 2020, SCAFFOLD, algorithm 1, option II): x ← x + η_g Σ sᵢ (yᵢ − x), and of the
 * control variate c ← c + Σ pᵢ Δcᵢ. Site i took Kᵢ steps of η_l, each along its gradient − cᵢ + c, so its own variate changes by
 * Δcᵢ = (x − yᵢ) / (Kᵢ η_l) − c: that follows from the update, and nothing else has to travel. sᵢ is the site's share of the samples
 * of the round, pᵢ that of the samples of all sites, so that c stays the mean of all variates; where sites have equally many, Σ pᵢ
 * is the paper's |S|/N. Moving averages are those of all sites' rows together; what c says of them, no site reads.
 * @throws CSM-RUN-DIVERGED where the next model would not be finite
 */
export const scaffold: Strategy<Settings> = (settings, contributions, { kernel, tileElements, round }) => {
  if (round === undefined) throw new RangeError('fold: scaffold without the terms of its round');
  const { stage, samples } = round;
  const { rate, maximumShare } = settings;
  const inRound = sharesOf(contributions, maximumShare);
  const overall = sharesAmongAll(samples, maximumShare);
  const distances = contributions.map((one) => localSteps(stage, one.samples) * stage.optimizer.rate);
  // A site that took no step saw no gradient.
  const ofSite = contributions.map(({ site }, index) => (distances[index]! > 0 ? overall.get(site)! : 0));
  const weights = ofSite.map((share, index) => (share === 0 ? 0 : share / distances[index]!));
  const heard = sum(ofSite);
  const means = kernel.accumulator(tileElements);
  const gradients = kernel.accumulator(tileElements);
  let tile: OpenTile = { base: new Float32Array(), kept: [] };
  return {
    readsBase: true,
    keeps: ['control'],
    counts: () => (maximumShare === undefined ? contributions.map((one) => one.samples) : inRound),
    open: (opened) => {
      tile = opened;
      means.clear();
      gradients.clear();
    },
    add: (index, values) => {
      means.add(values, inRound[index]!);
      // Both are done with the same ones.
      return gradients.add(values, -weights[index]!);
    },
    close: (into) => {
      const { base } = tile;
      const control = tile.kept[0]!;
      means.add(base, -1);
      gradients.add(base, sum(weights));
      const [direction, gradient] = [means.sums, gradients.sums];
      for (let i = 0; i < into.length; i++) {
        into[i] = base[i]! + rate * direction[i]!;
        if (!Number.isFinite(into[i]!)) throw coded('CSM-RUN-DIVERGED');
        control[i] = within((1 - heard) * control[i]! + gradient[i]!);
      }
    },
  };
};

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Each site's share of all samples, those that are not in the round among them. */
function sharesAmongAll(samples: ReadonlyMap<string, number>, most: number | undefined): ReadonlyMap<string, number> {
  const sites = [...samples].map(([site, own]) => ({ site, samples: own })).sort((a, b) => (a.site < b.site ? -1 : 1));
  const shares = sharesOf(sites, most);
  return new Map(sites.map(({ site }, index) => [site, shares[index]!]));
}
