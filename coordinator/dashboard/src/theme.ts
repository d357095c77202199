import { useSyncExternalStore } from 'react';

/** What a reader chose; `auto` follows the system. */
export const themes = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const kept = 'consilium-theme';
const system = matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();
let theme: Theme = themes.find((known) => known === read()) ?? 'auto';

/** Puts the kept choice into force; before the first drawing, so that nothing flashes. */
export function applyTheme(): void {
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

export function chooseTheme(next: Theme): void {
  theme = next;
  try {
    localStorage.setItem(kept, next);
  } catch {
    // A browser that keeps nothing shows the choice until it is closed.
  }
  applyTheme();
  for (const listener of listeners) listener();
}

/** The choice, and whether the page is dark by it. */
export function useTheme(): { readonly theme: Theme; readonly dark: boolean } {
  const both = useSyncExternalStore(subscribe, () => `${theme} ${isDark()}`);
  const [chosen, dark] = both.split(' ');
  return { theme: themes.find((known) => known === chosen) ?? 'auto', dark: dark === 'true' };
}

const isDark = (): boolean => (theme === 'auto' ? system.matches : theme === 'dark');

function subscribe(changed: () => void): () => void {
  listeners.add(changed);
  system.addEventListener('change', changed);
  return () => {
    listeners.delete(changed);
    system.removeEventListener('change', changed);
  };
}

function read(): string | null {
  try {
    return localStorage.getItem(kept);
  } catch {
    return null;
  }
}
