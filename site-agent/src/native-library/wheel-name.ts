/** What the file name of a wheel says (PEP 427). */
export interface WheelName {
  /** As an index lists it: lower case, words joined by a hyphen (PEP 503). */
  readonly project: string;
  readonly version: string;
  /** `3.11` for cp311; null where any Python 3 will do. */
  readonly python: string | null;
  readonly platforms: readonly string[];
}

const pattern =
  /^(?<project>[\w.]+)-(?<version>[\w.!+]+)(?:-\d[\w.]*)?-(?<python>[\w.]+)-[\w.]+-(?<platforms>[\w.]+)\.whl$/;

/** Reads the file name of a wheel; null where it is none. */
export function readWheelName(file: string): WheelName | null {
  const { project = '', version = '', python = '', platforms = '' } = pattern.exec(file)?.groups ?? {};
  if (project === '') return null;
  const [, major, minor] = /^cp(\d)(\d+)$/.exec(python) ?? [];
  return {
    project: project.toLowerCase().replaceAll(/[-_.]+/g, '-'),
    version,
    python: major === undefined || minor === undefined ? null : `${major}.${minor}`,
    platforms: platforms.split('.'),
  };
}
