import { activityWords, standingWords, type Tone } from '@consilium/shared/words';
import type { SiteView } from '../conduct/view.js';

/** The states that a site goes through in a step, in their order. */
export const places = ['enrolled', 'ready', 'preparing', 'training', 'uploading', 'waiting'] as const;

const placeOfActivity = {
  idle: 1,
  fetching: 2,
  preparing: 2,
  training: 3,
  evaluating: 3,
  uploading: 4,
  waiting: 5,
  declined: 3,
  troubled: 3,
} as const satisfies Record<NonNullable<SiteView['activity']>, number>;

/** Where a site is in a step, and how that is drawn. */
export interface Doing {
  /** Index into `places`. */
  readonly place: number;
  readonly mood: 'going' | 'done' | 'away' | 'bad';
  readonly word: { readonly label: string; readonly tone: Tone; readonly meaning: string };
  /** Share of the present activity that is done; null where it has no measure. */
  readonly share: number | null;
}

const away = { label: 'away', tone: 'warn', meaning: 'It has no session with the coordinator now.' } as const;
const unheard = { label: 'enrolled', tone: 'quiet', meaning: 'Not heard since the coordinator started.' } as const;
const ready = { label: 'ready', tone: 'quiet', meaning: 'Connected; it was not asked for anything yet.' } as const;

/** What a site does, from what the journal knows and what the site said last. */
export function doingOf({ connected, heardSecondsAgo, activity, progress, standing, error }: SiteView): Doing {
  const reached = activity === null ? 1 : placeOfActivity[activity];
  const share =
    progress === null || progress.total === 0 ? null : Math.min(1, Math.max(0, progress.done / progress.total));
  if (standing === 'left') return { place: reached, mood: 'bad', word: standingWords.left, share: null };
  if (standing === 'accepted') return { place: 5, mood: 'done', word: activityWords.waiting, share: null };
  if (!connected) {
    return heardSecondsAgo === null && error === null
      ? { place: 0, mood: 'away', word: unheard, share: null }
      : { place: reached, mood: 'away', word: away, share: null };
  }
  if (standing === 'refused') return { place: reached, mood: 'bad', word: standingWords.refused, share };
  if (activity === null) return { place: 1, mood: 'going', word: ready, share: null };
  const word = activityWords[activity];
  const mood = word.tone === 'bad' ? 'bad' : 'going';
  return { place: reached, mood, word, share };
}
