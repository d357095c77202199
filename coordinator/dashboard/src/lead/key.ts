import type { Identity } from '@consilium/shared/crypto';
import { useSyncExternalStore } from 'react';

/** The lead's key, open in this page: in its memory alone, and never sent. */
export interface OpenKey {
  readonly identity: Identity;
  /** When it closes by itself, in milliseconds of this machine. */
  readonly untilMs: number;
}

/** It closes this long after it signed last. */
const openMs = 10 * 60_000;

let open: OpenKey | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

/** From now on the key signs what the lead does here. */
export const holdKey = (identity: Identity): void => show({ identity, untilMs: Date.now() + openMs });

/** It has just signed: it closes later. A key that was closed meanwhile stays closed. */
export function keepKey(identity: Identity): void {
  if (open?.identity === identity) holdKey(identity);
}

export function closeKey(): void {
  open?.identity.secretKey.fill(0);
  show(null);
}

export const useKey = (): OpenKey | null =>
  useSyncExternalStore(
    (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    () => open,
  );

function show(next: OpenKey | null): void {
  open = next;
  clearTimeout(timer);
  if (next !== null) timer = setTimeout(closeKey, next.untilMs - Date.now());
  for (const changed of listeners) changed();
}
