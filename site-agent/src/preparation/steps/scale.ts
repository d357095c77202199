import { dense } from './dense.js';
import { momentStatistics } from './moments.js';
import type { Applying, SiteStep } from './step.js';

/**
 * Missing values, scale and limits. With federated scaling: (x − mean) / sd, limited to ± clip; a feature with sd = 0 becomes 0, and so
 * does a missing value. Without: x as it is, a missing value becomes the mean over all sites or 0.
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
      if (how === 'none') return Number.isNaN(value) ? (impute === 'mean' ? means[feature]! : 0) : value;
      if (Number.isNaN(value)) return 0;
      return Math.min(clip, Math.max(-clip, (value - means[feature]!) * factors[feature]!));
    };
    return (part) => {
      if (part.input.kind !== 'rows' && part.input.kind !== 'sparse') return part;
      const input = how === 'none' ? part.input : dense(part.input);
      const columnOf = (index: number) => (input.kind === 'rows' ? index % input.width : input.columns[index]!);
      return {
        ...part,
        input: { ...input, values: input.values.map((value, index) => prepared(value, columnOf(index))) },
      };
    };
  },
};
