import type { NativeInstallation } from '@consilium/models/native-library';
import { type CodedError, explain } from '@consilium/shared/errors';
import { table } from '@consilium/shared/terminal';
import type { Ladder, RungStanding, RunningBackend, TestedCase } from '../backends/index.js';

/** The ladder for people: a table, what is wrong with whom, what `auto` takes, which library is installed. */
export function showLadder(
  { rungs: standings, auto }: Ladder,
  installed: NativeInstallation | null,
  folder: string,
): readonly string[] {
  const rows = standings.map((standing) =>
    'backend' in standing
      ? [standing.rung, 'yes', standing.backend.version, describeDevice(standing.backend)]
      : [standing.rung, 'no', '', ''],
  );
  return [
    table(['backend', 'works', 'version', 'device'], rows),
    ...standings.flatMap((standing) => ('error' in standing ? ['', explain(standing.error)] : [])),
    '',
    auto instanceof Error
      ? `auto finds nothing that works. ${explain(auto)}`
      : `auto takes ${auto.name}, on ${describeDevice(auto)}.`,
    ...(auto instanceof Error || auto.note === undefined ? [] : [`  ${auto.note}`]),
    installed === null
      ? 'The native library is not installed.'
      : `The native library is TensorFlow ${installed.source.version} for ${deviceWord[installed.device]}, installed ${installed.installedAt.slice(0, 10)} in ${folder}.`,
  ];
}

/** What a library is for. */
export const deviceWord = { cpu: 'the processor', gpu: 'NVIDIA GPUs' } as const;

/** A device in one line: name, kind, memory, driver, threads. */
export function describeDevice({ device, kind, threads, memoryBytes, driver }: RunningBackend): string {
  return [
    `${device} (${kind})`,
    ...(memoryBytes === undefined ? [] : [`${(memoryBytes / 2 ** 30).toFixed(0)} GiB`]),
    ...(driver === undefined ? [] : [`driver ${driver}`]),
    ...(kind === 'cpu' ? [`${threads} ${threads === 1 ? 'thread' : 'threads'}`] : []),
  ].join(', ');
}

/** The ladder for scripts. */
export const plainLadder = ({ rungs: standings, auto }: Ladder) => ({
  auto: auto instanceof Error ? plainError(auto) : auto,
  rungs: standings.map((standing: RungStanding) =>
    'error' in standing ? { rung: standing.rung, error: plainError(standing.error) } : standing,
  ),
});

const plainError = ({ code, message, remedy }: CodedError) => ({ code, message, remedy });

/** A case of the suite as a row of a table. */
export const caseRow = ({ topic, name, error, limit, leaked, passed }: TestedCase): readonly string[] => [
  passed ? 'ok' : 'FAILS',
  topic,
  name,
  distance(error),
  distance(limit),
  leaked === 0 ? '' : String(leaked),
];

/** A relative L2 distance. */
const distance = (value: number): string => {
  if (value === 0) return '0';
  return Number.isFinite(value) ? value.toExponential(1) : '–';
};
