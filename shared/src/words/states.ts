import type { SiteActivity } from '../wire/index.js';

/** How a state strikes the eye: in order, under way, waiting for somebody, wrong. */
export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'quiet';

interface StateWord {
  readonly label: string;
  readonly tone: Tone;
  readonly meaning: string;
}

/** What a site does now. */
export const activityWords: Readonly<Record<SiteActivity, StateWord>> = {
  idle: { label: 'ready', tone: 'quiet', meaning: 'Connected, with nothing to do now.' },
  fetching: { label: 'fetching', tone: 'busy', meaning: 'Takes in the model or what the preparation fixed.' },
  preparing: { label: 'preparing', tone: 'busy', meaning: 'Reads its tables and counts for a preparation step.' },
  training: { label: 'training', tone: 'busy', meaning: 'Trains on its own patients.' },
  evaluating: { label: 'judging', tone: 'busy', meaning: 'Judges the model on patients kept aside.' },
  uploading: { label: 'uploading', tone: 'busy', meaning: 'Sends its contribution.' },
  waiting: { label: 'waiting', tone: 'good', meaning: 'Has done this step and waits for the others.' },
  declined: { label: 'declined', tone: 'bad', meaning: 'Cannot do this step; the others go on without it.' },
  troubled: { label: 'troubled', tone: 'warn', meaning: 'Met a fault that may pass, and tries again.' },
};

/** Where a site stands in the open step. */
export const standingWords = {
  asked: { label: 'asked', tone: 'busy', meaning: 'Its contribution is awaited.' },
  accepted: { label: 'accepted', tone: 'good', meaning: 'Its contribution to this step is in.' },
  refused: { label: 'refused', tone: 'bad', meaning: 'Its contribution was refused; it may send another.' },
  absent: { label: 'absent', tone: 'warn', meaning: 'The step goes on without it.' },
  left: { label: 'left', tone: 'bad', meaning: 'It takes no part in the rest of the run.' },
} as const satisfies Record<string, StateWord>;

/** How far a run is. */
export const phaseWords = {
  new: { label: 'new', tone: 'quiet', meaning: 'Launched, not begun.' },
  running: { label: 'running', tone: 'busy', meaning: 'Under way.' },
  paused: { label: 'paused', tone: 'warn', meaning: 'Nothing is asked of any site.' },
  closed: { label: 'closed', tone: 'quiet', meaning: 'Ended.' },
} as const satisfies Record<string, StateWord>;

/** How a run ended. */
export const outcomeWords = {
  complete: { label: 'complete', tone: 'good', meaning: 'Every site stands behind every step.' },
  degraded: { label: 'degraded', tone: 'warn', meaning: 'It ended well, but a site is missing from a step.' },
  failed: { label: 'failed', tone: 'bad', meaning: 'It ended without a result, or before its end.' },
} as const satisfies Record<string, StateWord>;

/** What became of a site's report of the final test. */
export const reportWords = {
  released: { label: 'released', tone: 'good', meaning: 'Signed by the site.' },
  withheld: { label: 'withheld', tone: 'warn', meaning: 'The site was judged, and may tell nothing of it.' },
  missing: { label: 'missing', tone: 'bad', meaning: 'Nothing of the site came for the final test.' },
} as const satisfies Record<string, StateWord>;

/** Who paused a run, or what it waits for. */
export const pauseWords = {
  lead: 'by the lead',
  stepwise: 'waits for the lead’s “next”',
  participation: 'waits for sites',
} as const;

/** What a site of the consortium is. */
export const memberWords = {
  invited: { label: 'invited', tone: 'quiet', meaning: 'Has a code that it has not used yet.' },
  pending: { label: 'pending', tone: 'warn', meaning: 'Has shown its key; the lead compares the fingerprint.' },
  approved: { label: 'approved', tone: 'good', meaning: 'Its key is certified by the lead.' },
  revoked: { label: 'revoked', tone: 'bad', meaning: 'Its key counts no more.' },
} as const satisfies Record<string, StateWord>;
