import type { Bound } from '../bind.js';
import type { ApiOptions } from '../options.js';
import type { PageUsers } from '../page-users.js';
import { checkRoutes } from './checks.js';
import { coordinatorRoutes } from './coordinator.js';
import { courseRoutes } from './course.js';
import { eventRoutes } from './events.js';
import { exportRoutes } from './exports.js';
import { metricsRoutes } from './metrics.js';
import { pageUserRoutes } from './page-users.js';
import { runRoutes } from './runs.js';
import { siteRoutes } from './sites.js';
import { userRoutes } from './users.js';

export * from './checks.js';
export * from './coordinator.js';
export * from './course.js';
export * from './events.js';
export * from './exports.js';
export * from './metrics.js';
export * from './page-users.js';
export * from './runs.js';
export * from './sites.js';
export * from './users.js';

/** Every call, in the order of the document. */
export const allRoutes = (options: ApiOptions, users: PageUsers): readonly Bound[] => [
  ...coordinatorRoutes(options),
  ...metricsRoutes(options),
  ...siteRoutes(options),
  ...runRoutes(options),
  ...checkRoutes(options),
  ...courseRoutes(options),
  ...exportRoutes(options),
  ...eventRoutes(options),
  ...pageUserRoutes(options, users),
  ...userRoutes(options, users),
];
