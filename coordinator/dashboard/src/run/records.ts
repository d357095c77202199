import type { getRunRecords, LiveRun } from '@consilium/coordinator/api';
import type { RunRecord } from '@consilium/coordinator/rounds';
import type { WireError } from '@consilium/shared/errors';
import { useRef } from 'react';
import type { z } from 'zod';
import { get } from '../call.js';
import { type Fetched, useSlowly } from '../use.js';
import type { Tail } from './tail.js';
import { useTail } from './use-tail.js';

type Page = z.infer<typeof getRunRecords.answer>;
/** A record of a run's journal. */
export type Sealed = Page['records'][number];

/** The most that the coordinator hands over at once. */
export const pageRecords = 200;
/** The journal of a run under way is looked at again this long after the last time at the earliest. */
const againMs = 5_000;

/** Some records of a run's journal, and what the coordinator found wrong with them. */
export const fetchRecords = (run: string, from: number, limit: number, signal: AbortSignal): Promise<Page> =>
  get<Page>(`api/runs/${run}/journal/records?from=${from}&limit=${limit}`, signal);

/** The newest records of a run's journal, and the first fault that the coordinator found in them. */
export function useRecords(
  { run, journalLength }: LiveRun,
  wanted: number,
): Fetched<Tail<Sealed>> & { readonly broken: WireError | null } {
  const broken = useRef<WireError | null>(null);
  const length = useSlowly(journalLength, againMs);
  const seen = useTail<Sealed>(
    { key: run, version: String(length), guess: length, wanted },
    {
      page: pageRecords,
      isSettled: () => true,
      load: (signal) => async (from, limit) => {
        const { records, more, fault } = await fetchRecords(run, from, limit, signal);
        broken.current ??= fault;
        const end = from + records.length;
        return { items: records, total: more ? Math.max(length, end + 1) : end };
      },
    },
  );
  return { ...seen, broken: broken.current };
}

/** What a record says; what the server wrote is what its own schema says. */
export const sayingOf = ({ type, body }: Sealed): RunRecord => ({ type, ...(body as object) }) as RunRecord;
