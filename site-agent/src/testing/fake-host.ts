import type { Answered, Host } from '../doctor/host.js';

export interface FakeMachine extends Partial<Pick<Host, 'node' | 'cores' | 'memoryBytes' | 'freeBytes'>> {
  readonly files?: Readonly<Record<string, string>>;
  /** Files that are there, and not for this user. */
  readonly barred?: readonly string[];
  readonly load?: number;
  readonly answers?: Readonly<Record<string, Answered>>;
}

/** A machine that has just these files and programs: by default two cores, 16 GiB, much disk, no GPU. */
export function fakeHost({ files = {}, barred = [], load = 0, answers = {}, ...more }: FakeMachine = {}): Host {
  return {
    node: '20.19.0',
    cores: 2,
    memoryBytes: 16 * 2 ** 30,
    load: () => load,
    read: async (path) => files[path] ?? null,
    list: async (folder) => [
      ...new Set(
        Object.keys(files)
          .filter((path) => path.startsWith(`${folder}/`))
          .map((path) => path.slice(folder.length + 1).split('/', 1)[0] ?? ''),
      ),
    ],
    mayUse: async (path) => path in files && !barred.includes(path),
    freeBytes: async () => 100 * 2 ** 30,
    ask: async (program) => answers[program] ?? null,
    ...more,
  };
}
