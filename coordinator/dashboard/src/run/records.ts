import type { LiveRun } from '@consilium/coordinator/api';
import { useMemo, useRef } from 'react';
import { getText } from '../call.js';
import { useMe } from '../session.js';
import { type Fetched, useFetched, useNowMs } from '../use.js';
import { entriesOf, type PastStep, type RunEntry, stepsOf } from './history.js';

/** The journal is fetched again this long after the last time at the earliest, while a run goes on. */
const againMs = 10_000;

/** A run's journal as far as it was fetched; null for those who may not read it. */
export function useJournal({ run, journalLength }: LiveRun): Fetched<readonly RunEntry[]> {
  const me = useMe();
  const nowMs = useNowMs();
  const fetched = useRef({ length: 0, atMs: 0 });
  const due = journalLength !== fetched.current.length && nowMs - fetched.current.atMs >= againMs;
  if (due) fetched.current = { length: journalLength, atMs: nowMs };
  const key = me.role === 'lead' ? `${run} ${fetched.current.length}` : null;
  return useFetched(key, async (signal) => entriesOf(await getText(`api/runs/${run}/journal`, signal)));
}

/** The steps that a run has behind it, and the open one. */
export function useSteps(view: LiveRun): Fetched<readonly PastStep[]> {
  const { value, fault } = useJournal(view);
  return useMemo(() => ({ value: value === null ? null : stepsOf(value), fault }), [value, fault]);
}
