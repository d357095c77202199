import { useEffect, useRef, useState } from 'react';
import { faultOf } from '../call.js';
import type { Fetched } from '../use.js';
import { catchUp, type Source, type Tail } from './tail.js';

/** The source of a list whose calls can be broken off. */
export interface Remote<Item> extends Omit<Source<Item>, 'load'> {
  readonly load: (signal: AbortSignal) => Source<Item>['load'];
}

/**
 * The end of a list that grows while it is looked at.
 * @param key of the list: another one begins anew
 * @param version when it changes, what is new is fetched
 */
export function useTail<Item>(
  {
    key,
    version,
    guess,
    wanted,
  }: { readonly key: string; readonly version: string; readonly guess: number; readonly wanted: number },
  { load, ...source }: Remote<Item>,
): Fetched<Tail<Item>> {
  const here = useRef<{ readonly key: string; readonly tail: Tail<Item> | null }>({ key, tail: null });
  const [state, setState] = useState<Fetched<Tail<Item>>>({ value: null, fault: null });
  // biome-ignore lint/correctness/useExhaustiveDependencies: key and version stand for the rest
  useEffect(() => {
    const stop = new AbortController();
    const before = here.current.key === key ? here.current.tail : null;
    const follow = async (): Promise<void> => {
      for await (const tail of catchUp(before, { guess, wanted }, { ...source, load: load(stop.signal) })) {
        if (stop.signal.aborted) return;
        here.current = { key, tail };
        setState({ value: tail, fault: null });
      }
    };
    follow().catch((thrown: unknown) => {
      if (!stop.signal.aborted) setState((past) => ({ ...past, fault: faultOf(thrown) }));
    });
    return () => stop.abort();
  }, [key, version, wanted]);
  return state;
}
