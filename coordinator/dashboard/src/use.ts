import type { CodedError } from '@consilium/shared/errors';
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { faultOf } from './call.js';
import type { Seen, Watch } from './live.js';

const nothing: Seen<never> = { value: null, line: 'connecting', atMs: null, fault: null };

/** Follows something live as long as it is shown. `key` names what is followed: another one begins anew. */
export function useLive<Value>(key: string, watch: Watch<Value>): Seen<Value> {
  const [state, setState] = useState<{ readonly key: string; readonly seen: Seen<Value> }>({ key, seen: nothing });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the function
  useEffect(() => watch((seen) => setState({ key, seen })), [key]);
  return state.key === key ? state.seen : nothing;
}

/** Something fetched once, and again when its key changes; what was there stays until the new arrives. */
export interface Fetched<Value> {
  readonly value: Value | null;
  readonly fault: CodedError | null;
}

/** @param key null fetches nothing */
export function useFetched<Value>(key: string | null, load: (signal: AbortSignal) => Promise<Value>): Fetched<Value> {
  const [state, setState] = useState<Fetched<Value>>({ value: null, fault: null });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the function
  useEffect(() => {
    if (key === null) return;
    const stop = new AbortController();
    load(stop.signal)
      .then((value) => {
        if (!stop.signal.aborted) setState({ value, fault: null });
      })
      .catch((thrown: unknown) => {
        if (!stop.signal.aborted) setState((before) => ({ ...before, fault: faultOf(thrown) }));
      });
    return () => stop.abort();
  }, [key]);
  return state;
}

const tickMs = 1_000;

/** Milliseconds of this machine's clock, each second anew while the page is looked at. */
export function useNowMs(): number {
  return useSyncExternalStore(onTick, () => Math.floor(Date.now() / tickMs) * tickMs);
}

function onTick(ticked: () => void): () => void {
  const timer = setInterval(() => {
    if (!document.hidden) ticked();
  }, tickMs);
  return () => clearInterval(timer);
}

/** A value that is changed no more often than this: what follows from it is work. */
export function useSlowly<Value>(value: Value, leastMs: number): Value {
  const nowMs = useNowMs();
  const held = useRef({ value, atMs: nowMs });
  if (!Object.is(held.current.value, value) && nowMs - held.current.atMs >= leastMs) {
    held.current = { value, atMs: nowMs };
  }
  return held.current.value;
}
