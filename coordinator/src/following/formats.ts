/** Numbers and dates in the manner of a place; the words beside them are English everywhere. */
export interface Formats {
  /** A score; a dash where it has no meaning. */
  readonly score: (value: number | null | undefined, decimals?: number) => string;
  readonly count: (value: number) => string;
  /** A number in as few digits as tell it, for the marks of an axis. */
  readonly short: (value: number) => string;
  /** A share of 1 in per cent. */
  readonly percent: (share: number, decimals?: number) => string;
  readonly bytes: (bytes: number) => string;
  /** Seconds in the unit that reads best. */
  readonly span: (seconds: number) => string;
  /** Time of day. */
  readonly clock: (time: Date) => string;
  /** Date and time of an ISO text. */
  readonly moment: (iso: string) => string;
}

const none = '–';

export function formats(locale: string | undefined, timeZone?: string): Formats {
  const numbers = new Map<number, Intl.NumberFormat>();
  const fixed = (value: number, decimals: number): string => {
    const known =
      numbers.get(decimals) ??
      new Intl.NumberFormat(locale, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    numbers.set(decimals, known);
    return known.format(value).replace(/^-/, '−');
  };
  const shortest = new Intl.NumberFormat(locale, { maximumSignificantDigits: 3 });
  const zone = timeZone === undefined ? {} : { timeZone };
  const clock = new Intl.DateTimeFormat(locale, { timeStyle: 'medium', ...zone });
  const moment = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', ...zone });
  return {
    score: (value, decimals = 3) => (value === null || value === undefined ? none : fixed(value, decimals)),
    count: (value) => fixed(value, 0),
    short: (value) => shortest.format(value).replace(/^-/, '−'),
    percent: (share, decimals = 0) => `${fixed(100 * share, decimals)}\u00a0%`,
    bytes(bytes) {
      if (bytes < 1e3) return `${fixed(bytes, 0)}\u00a0B`;
      if (bytes < 1e6) return `${fixed(bytes / 1e3, 0)}\u00a0kB`;
      return bytes < 1e9 ? `${fixed(bytes / 1e6, 1)}\u00a0MB` : `${fixed(bytes / 1e9, 2)}\u00a0GB`;
    },
    span(seconds) {
      const whole = Math.max(0, seconds);
      if (whole < 90) return `${fixed(whole, 0)}\u00a0s`;
      if (whole < 5_400) return `${fixed(whole / 60, 0)}\u00a0min`;
      return whole < 129_600 ? `${fixed(whole / 3_600, 1)}\u00a0h` : `${fixed(whole / 86_400, 0)}\u00a0d`;
    },
    clock: (time) => clock.format(time),
    moment: (iso) => moment.format(new Date(iso)),
  };
}
