import type { getRunRecords, getSteps, LiveRun } from '@consilium/coordinator/api';
import { newestSteps, type TimedStep, timedSteps } from '@consilium/coordinator/following';
import { useMemo, useRef } from 'react';
import type { z } from 'zod';
import { get, getText } from '../call.js';
import { useMe } from '../session.js';
import { type Fetched, useFetched, useNowMs } from '../use.js';
import { entriesOf, entryOf, type PastStep, type RunEntry, stepsOf } from './history.js';

/** The journal is fetched again this long after the last time at the earliest, while a run goes on. */
const againMs = 10_000;

/** Records that one call brings at most. */
const pageRecords = 200;

/** A run's journal as far as it was fetched; null for those who may not read it. What is there is not fetched again. */
export function useJournal({ run, journalLength }: LiveRun): Fetched<readonly RunEntry[]> {
  const me = useMe();
  const nowMs = useNowMs();
  const fetched = useRef({ length: 0, atMs: 0 });
  const held = useRef<{ readonly run: string; readonly entries: readonly RunEntry[] }>({ run, entries: [] });
  const due = journalLength !== fetched.current.length && nowMs - fetched.current.atMs >= againMs;
  if (due) fetched.current = { length: journalLength, atMs: nowMs };
  const key = me.role === 'lead' ? `${run} ${fetched.current.length}` : null;
  return useFetched(key, async (signal) => {
    const before = held.current.run === run ? held.current.entries : [];
    const entries =
      before.length === 0
        ? entriesOf(await getText(`api/runs/${run}/journal`, signal))
        : [...before, ...(await entriesFrom(run, before.length, signal))];
    held.current = { run, entries };
    return entries;
  });
}

/** The records of a journal from one on. */
async function entriesFrom(run: string, from: number, signal: AbortSignal): Promise<readonly RunEntry[]> {
  const path = `api/runs/${run}/journal/records?from=${from}&limit=${pageRecords}`;
  const { records, more } = await get<z.infer<typeof getRunRecords.answer>>(path, signal);
  const entries = records.map((record) => entryOf({ ...record, chain: run }));
  return more ? [...entries, ...(await entriesFrom(run, from + records.length, signal))] : entries;
}

/** The steps that a run has behind it, and the open one. */
export function useSteps(view: LiveRun): Fetched<readonly PastStep[]> {
  const { value, fault } = useJournal(view);
  return useMemo(() => ({ value: value === null ? null : stepsOf(value), fault }), [value, fault]);
}

/** The newest steps of a run with their times, fetched again when another one begins. */
export const useNewestSteps = ({ run, step, index }: LiveRun): Fetched<readonly TimedStep[]> =>
  useFetched(`${run} ${step}`, async (signal) => {
    const { from, limit } = newestSteps(index);
    const page = await get<z.infer<typeof getSteps.answer>>(
      `api/runs/${run}/steps?from=${from}&limit=${limit}`,
      signal,
    );
    return timedSteps(page.steps);
  });
