import { fail } from '@consilium/shared/errors';

const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * The moment that a text names: a span from now (`30m`, `12h`, `7d`) or a date (`2026-03-31`, or with a time).
 * @throws CSM-CLI-ARGUMENT when it is neither, or has passed
 */
export function momentOf(text: string, name: string, now: Date): Date {
  const [, count, unit] = /^([1-9]\d{0,4})([mhd])$/.exec(text) ?? [];
  const moment =
    count !== undefined && isUnit(unit) ? new Date(now.getTime() + Number(count) * unitMs[unit]) : new Date(text);
  if (Number.isNaN(moment.getTime()) || (count === undefined && !/^\d{4}-\d{2}-\d{2}/.test(text))) {
    fail('CSM-CLI-ARGUMENT', { name, problem: 'a span such as 12h or 7d, or a date such as 2026-03-31' });
  }
  return moment > now ? moment : fail('CSM-CLI-ARGUMENT', { name, problem: 'it has passed' });
}

const isUnit = (text: string | undefined): text is keyof typeof unitMs => text !== undefined && text in unitMs;

/** A span for people: `12 s`, `3 min`, `2 h`, `5 d`. */
export function span(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  return seconds < 36 * 3600 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}
