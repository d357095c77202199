import { z } from 'zod';

/** Largest L2 norm of an update (new minus old weights); a larger one is refused. */
const normBound = z.number().positive().default(1e6);

/**
 * What every strategy knows that takes a weighted mean. Without defaults: contracts with `fedavg` were signed before these
 * settings came.
 */
const mean = {
  normBound,
  /** Updates with a greater L2 norm are shortened to it before they are averaged. */
  clipNorm: z.number().positive().exactOptional(),
  /** The most that one site counts in the mean. */
  maximumShare: z.number().gt(0).max(1).exactOptional(),
};

const rate = z.number().positive().max(1000);
const decay = z.number().min(0).lt(1);
const adaptive = {
  ...mean,
  /** η: how far a step of the server goes. */
  rate: rate.default(0.01),
  /** β₁: share of the mean direction that stays from round to round. */
  beta1: decay.default(0.9),
  /** τ: what is added to the root of the second moment. */
  tau: z.number().positive().max(1000).default(1e-3),
};
/** β₂: share of the second moment that stays from round to round. */
const beta2 = decay.default(0.99);

/** f: how many sites the strategy holds out against, whatever they send. */
const faulty = z.int().min(0).max(10_000);

/** How the updates of a round become the next model: by name, each with settings of its own. */
export const strategy = z
  .discriminatedUnion('name', [
    // A file that names no strategy, and one that names settings alone, means this one.
    z.strictObject({ name: z.literal('fedavg').optional().default('fedavg'), ...mean }),
    z.strictObject({
      name: z.literal('fedprox'),
      /** Strength of the pull back to the round's global model, in every stage. */
      mu: z.number().positive(),
      ...mean,
    }),
    z.strictObject({ name: z.literal('fedavgm'), ...mean, rate: rate.default(1), momentum: decay.default(0.9) }),
    z.strictObject({ name: z.literal('fedadam'), ...adaptive, beta2 }),
    z.strictObject({ name: z.literal('fedyogi'), ...adaptive, beta2 }),
    z.strictObject({ name: z.literal('fedadagrad'), ...adaptive, beta1: decay.default(0) }),
    z.strictObject({
      name: z.literal('scaffold'),
      normBound,
      /** η_g: how far a step of the server goes; at 1 to the mean of the updates. */
      rate: rate.default(1),
      /** The most that one site counts, in the mean and in the control variate. */
      maximumShare: mean.maximumShare,
    }),
    z.strictObject({ name: z.literal('median'), normBound }),
    z.strictObject({ name: z.literal('trimmed-mean'), normBound, faulty }),
    z.strictObject({
      name: z.literal('multi-krum'),
      normBound,
      faulty,
      /** How many updates are averaged; all that the theory allows where left out, and 1 is Krum itself. */
      keep: z.int().min(1).max(10_000).exactOptional(),
    }),
    z.strictObject({ name: z.literal('bulyan'), normBound, faulty }),
  ])
  .prefault({});

/** `training.strategy` of a run file, as read. */
export type StrategySettings = Readonly<z.output<typeof strategy>>;

/** Fewest updates that a strategy can fold and still hold what it promises. */
export function leastSites(strategy: StrategySettings): number {
  switch (strategy.name) {
    case 'trimmed-mean':
      return 2 * strategy.faulty + 1;
    case 'multi-krum':
      return Math.max(2 * strategy.faulty + 3, (strategy.keep ?? 1) + strategy.faulty + 2);
    case 'bulyan':
      return 4 * strategy.faulty + 3;
    case 'fedavg':
    case 'fedprox':
    case 'fedavgm':
    case 'fedadam':
    case 'fedyogi':
    case 'fedadagrad':
    case 'scaffold':
    case 'median':
      return 1;
    default:
      return strategy satisfies never;
  }
}

/** A strategy in a few words: its name, and what it is set to. */
export function strategyText({ name, normBound: _, ...settings }: StrategySettings): string {
  const set = Object.entries(settings).map(([setting, value]) => `${setting} ${value}`);
  return set.length === 0 ? name : `${name} (${set.join(', ')})`;
}
