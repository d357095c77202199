import { type Interval, wilson } from '@consilium/shared/metrics';

/** Wilson's 95 % interval of a pooled accuracy; counts alone give no honest one for other figures. */
export const accuracyInterval = (pooled: { readonly n: number; readonly accuracy: number | null }): Interval | null =>
  pooled.accuracy === null ? null : wilson(Math.round(pooled.accuracy * pooled.n), pooled.n);
