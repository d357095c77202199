import type { ContributionRow } from './contributions.js';
import type { InvitationRow } from './invitations.js';
import type { StoredMetricRow } from './metrics.js';
import type { NonceRow } from './nonces.js';
import type { RecordRow } from './records.js';
import type { RunRow } from './runs.js';
import type { SessionRow } from './sessions.js';
import type { SettingRow } from './settings.js';
import type { StoredSiteRow } from './sites.js';
import type { UserRow } from './users.js';

export * from './contributions.js';
export * from './invitations.js';
export * from './metrics.js';
export * from './nonces.js';
export * from './runs.js';
export * from './sessions.js';
export * from './settings.js';
export * from './sites.js';
export * from './users.js';

/** The tables as Kysely sees them; `migrations/` makes them. */
export interface Tables {
  readonly records: RecordRow;
  readonly runs: RunRow;
  readonly contributions: ContributionRow;
  readonly metrics: StoredMetricRow;
  readonly sites: StoredSiteRow;
  readonly invitations: InvitationRow;
  readonly users: UserRow;
  readonly sessions: SessionRow;
  readonly nonces: NonceRow;
  readonly settings: SettingRow;
}
