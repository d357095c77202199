import { useSyncExternalStore } from 'react';

/** The parts of a run's page, in the order of its tabs. */
export const runSections = [
  'now',
  'curves',
  'results',
  'participation',
  'models',
  'journal',
  'file',
  'reports',
] as const;
export type RunSection = (typeof runSections)[number];

/** Where in the page somebody is; it stands behind `#`, so that a link and the back button lead there. */
export type Place =
  | { readonly at: 'runs' }
  | { readonly at: 'sites' }
  | { readonly at: 'users' }
  | { readonly at: 'launch' }
  | { readonly at: 'run'; readonly run: string; readonly section: RunSection }
  | { readonly at: 'setup'; readonly token: string; readonly name: string | null };

const lists = ['sites', 'users', 'launch'] as const;

/** Reads an address. What it does not know is the list of runs. */
export function placeOf(hash: string): Place {
  const [, token, name] = /^#setup=([\w-]{43})(?:&name=(.+))?$/.exec(hash) ?? [];
  if (token !== undefined) return { at: 'setup', token, name: name === undefined ? null : decoded(name) };
  const list = lists.find((at) => hash === `#/${at}`);
  if (list !== undefined) return { at: list };
  const [, run, part] = /^#\/run\/([0-9a-f]{32})(?:\/([a-z]+))?$/.exec(hash) ?? [];
  if (run === undefined) return { at: 'runs' };
  return { at: 'run', run, section: runSections.find((section) => section === part) ?? 'now' };
}

export const launchAddress = '#/launch';

export const runAddress = (run: string, section: RunSection = 'now'): string =>
  section === 'now' ? `#/run/${run}` : `#/run/${run}/${section}`;

export function usePlace(): Place {
  return placeOf(useSyncExternalStore(onMove, () => location.hash));
}

function onMove(moved: () => void): () => void {
  addEventListener('hashchange', moved);
  return () => removeEventListener('hashchange', moved);
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
