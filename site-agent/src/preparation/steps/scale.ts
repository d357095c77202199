import { inFull } from '@consilium/models/samples';
import { momentStatistics } from './moments.js';
import type { Applying, SiteStep } from './step.js';

/**
 * Missing values, scale and limits. With federated scaling: (x − mean) / sd, limited to ± clip; a feature with sd = 0 becomes 0, and so
 * does a missing value. With `unit`: x / sd, limited alike, so that sparse rows stay so; a missing value is the mean over all sites or 0
 * before that. Without: x as it is, a missing value becomes the mean over all sites or 0.
 */
export const scale: SiteStep = {
  fit: momentStatistics,
  apply: ({ state, run }: Applying) => {
    const { clip, impute, scale: how } = run.preparation;
    const means = state.features.map((_, feature) => state.scale?.mean[feature] ?? 0);
    const factors = state.features.map((_, feature) => {
      const sd = state.scale?.sd[feature] ?? 0;
      return sd > 0 ? 1 / sd : 0;
    });
    const prepared = (value: number, feature: number): number => {
      if (how === 'federated') {
        return Number.isNaN(value) ? 0 : limited((value - means[feature]!) * factors[feature]!, clip);
      }
      const known = Number.isNaN(value) ? (impute === 'mean' ? means[feature]! : 0) : value;
      return how === 'none' ? known : limited(known * factors[feature]!, clip);
    };
    return (part) => {
      if (part.input.kind !== 'rows' && part.input.kind !== 'sparse') return part;
      const input = how === 'federated' ? inFull(part.input) : part.input;
      const columnOf = (index: number) => (input.kind === 'rows' ? index % input.width : input.columns[index]!);
      return {
        ...part,
        input: { ...input, values: input.values.map((value, index) => prepared(value, columnOf(index))) },
      };
    };
  },
};

const limited = (value: number, clip: number): number => Math.min(clip, Math.max(-clip, value));
