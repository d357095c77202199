import { type Identity, identityOf, openSecret } from '@consilium/shared/crypto';
import { fail } from '@consilium/shared/errors';
import { useSyncExternalStore } from 'react';

/** The lead's key, open in this page: in its memory alone, and never sent. */
export interface OpenKey {
  readonly identity: Identity;
  /** When it closes by itself, in milliseconds of this machine. */
  readonly untilMs: number;
}

/** It closes this long after it signed last. */
const openMs = 10 * 60_000;
/** A sealed key has a few hundred bytes; anything much larger is another file. */
const maxFileBytes = 2 ** 16;

let open: OpenKey | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

/**
 * Opens the key from its file.
 * @param lead public key of the consortium's lead
 * @throws CSM-KEY-FORMAT, CSM-KEY-PASSPHRASE, CSM-LEAD-OTHER
 */
export async function openKey(file: File, passphrase: string, lead: string): Promise<Identity> {
  const sealed = file.size > maxFileBytes ? null : parse(await file.text());
  const identity = identityOf(await openSecret(sealed, passphrase));
  if (identity.publicKey !== lead) fail('CSM-LEAD-OTHER', { file: file.name });
  show({ identity, untilMs: Date.now() + openMs });
  return identity;
}

/** The key closes later than it would have: it has just signed. */
export function keepOpen(): void {
  if (open !== null) show({ ...open, untilMs: Date.now() + openMs });
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

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
