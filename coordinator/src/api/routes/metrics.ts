import { type Bound, bindMedia } from '../bind.js';
import type { ApiOptions } from '../options.js';
import { media } from '../shape.js';
import { whole } from '../streams.js';

export const getMetrics = media({
  method: 'GET',
  path: '/metrics',
  access: 'monitor',
  group: 'coordinator',
  summary: 'Sites, transfers, runs, pooled figures and the process, for Prometheus',
  mediaType: 'text/plain; version=0.0.4; charset=utf-8',
});

export const metricsRoutes = ({ metrics }: Pick<ApiOptions, 'metrics'>): readonly Bound[] => [
  bindMedia(getMetrics, async () => whole(Buffer.from(await metrics.text()))),
];
