import type { TimedStep } from '@consilium/coordinator/following';
import type { RunRecord } from '@consilium/coordinator/rounds';
import type { WireError } from '@consilium/shared/errors';
import type { JournalRecord } from '@consilium/shared/journal';

/** What a site did in a step, as the journal tells it. */
export interface Turnin {
  readonly site: string;
  /** Hash of what it sent. */
  readonly hash: string;
  readonly samples: number;
  readonly bytes: number;
  readonly atMs: number;
}

/** A step of a run, as the journal tells it. */
export interface PastStep extends TimedStep {
  readonly accepted: readonly Turnin[];
  readonly refused: readonly { readonly site: string; readonly hash: string; readonly error: WireError }[];
  /** Sites that were away in it, also since an earlier step. */
  readonly absent: ReadonlyMap<
    string,
    { readonly until: string; readonly excused: boolean; readonly error: WireError }
  >;
  /** The global model that it made. */
  readonly model: string | null;
}

/** A record of a run's journal with its body laid open. */
export type RunEntry = JournalRecord & { readonly record: RunRecord };

/** A record of a journal; what the server wrote is what its own schema says. */
export const entryOf = (record: object): RunEntry => {
  const entry = record as JournalRecord<object>;
  return { ...entry, record: { type: entry.type, ...entry.body } as RunRecord };
};

/** Lines of a journal. */
export const entriesOf = (text: string): readonly RunEntry[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => entryOf(JSON.parse(line)));

/** The steps of a run in their order. */
export function stepsOf(entries: readonly RunEntry[]): readonly PastStep[] {
  const steps: PastStep[] = [];
  let absent: PastStep['absent'] = new Map();
  const change = (how: (step: PastStep) => PastStep): void => {
    const last = steps.pop();
    if (last !== undefined) steps.push(how(last));
  };
  for (const { record, time } of entries) {
    const atMs = Date.parse(time);
    switch (record.type) {
      case 'step-opened':
        absent = new Map([...absent].filter(([, { until }]) => until !== 'step'));
        steps.push({ step: record.step, openedMs: atMs, doneMs: null, accepted: [], refused: [], absent, model: null });
        break;
      case 'contribution-accepted': {
        const { hash, samples, bytes } = record.contribution.manifest;
        change((step) => ({
          ...step,
          accepted: [...step.accepted, { site: record.site, hash, samples, bytes, atMs }],
        }));
        break;
      }
      case 'contribution-refused': {
        const { hash } = record.contribution.manifest;
        change((step) => ({ ...step, refused: [...step.refused, { site: record.site, hash, error: record.error }] }));
        break;
      }
      case 'site-left': {
        const { until, excused, error } = record;
        absent = new Map([...absent, [record.site, { until, excused, error }]]);
        change((step) => ({ ...step, absent }));
        break;
      }
      case 'site-returned':
        absent = new Map([...absent].filter(([site]) => site !== record.site));
        change((step) => ({ ...step, absent }));
        break;
      case 'step-done':
        change((step) => ({ ...step, doneMs: atMs, model: record.output.model ?? null }));
        break;
      case 'offered':
      case 'step-folding':
      case 'extended':
      case 'paused':
      case 'resumed':
      case 'closed':
        break;
      default:
        record satisfies never;
    }
  }
  return steps;
}

/** What a site sent and took part in, over the whole run. */
export function sentBy(
  steps: readonly PastStep[],
): ReadonlyMap<string, { readonly count: number; readonly bytes: number }> {
  const sums = new Map<string, { count: number; bytes: number }>();
  for (const { accepted } of steps) {
    for (const { site, bytes } of accepted) {
      const sum = sums.get(site) ?? { count: 0, bytes: 0 };
      sums.set(site, { count: sum.count + 1, bytes: sum.bytes + bytes });
    }
  }
  return sums;
}
