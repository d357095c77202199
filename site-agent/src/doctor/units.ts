const [gibibyte, mebibyte] = [2 ** 30, 2 ** 20];

/** `1.5 GiB`, or `512 MiB` below one. */
export const inGibibytes = (bytes: number): string =>
  bytes >= gibibyte ? `${(bytes / gibibyte).toFixed(1)} GiB` : `${Math.round(bytes / mebibyte)} MiB`;

/** `14 s`, `3 min`, `5 h`, `2 days`: in the largest unit that it is two of. */
export function inWords(ms: number): string {
  const units = [
    ['days', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
  ] as const;
  const [name, size] = units.find(([, size]) => ms >= 2 * size) ?? (['s', 1000] as const);
  return `${Math.round(ms / size)} ${name}`;
}

/** The day of a moment, in UTC. */
export const day = (moment: Date): string => moment.toISOString().slice(0, 10);
