import { type Disk, type FileHandle, realDisk } from '@consilium/coordinator/store';

/** A change of the disk: what it is, and of which file. */
export interface Operation {
  readonly name: 'open' | 'write' | 'truncate' | 'sync' | 'rename' | 'remove' | 'make';
  readonly path: string;
}

/** Asked before each change; what it throws is what the system call would. */
export type Decide = (operation: Operation) => void;

/**
 * The machine's own disk, but for the changes that `decide` does not let happen. A flush is asked for and not done: what a
 * process has written outlives it without one, and the machine itself goes on here. One that is killed as it writes leaves half, as
 * does a write for which there is no room.
 */
export function failingDisk(decide: Decide): Disk {
  const guarded =
    <Given extends readonly unknown[], Result>(
      name: Operation['name'],
      path: string,
      work: (...given: Given) => Promise<Result>,
      halfOf?: (given: Given) => Given,
    ) =>
    async (...given: Given): Promise<Result> => {
      try {
        decide({ name, path });
      } catch (thrown) {
        if (halfOf && leavesHalf(thrown)) await work(...halfOf(given));
        throw thrown;
      }
      return work(...given);
    };
  const open = async (path: string, flags: string | number, mode?: number): Promise<FileHandle> => {
    if (flags !== 'r') decide({ name: 'open', path });
    const handle = await realDisk.open(path, flags, mode);
    handle.truncate = guarded('truncate', path, handle.truncate.bind(handle));
    handle.write = guarded('write', path, handle.write.bind(handle) as Write, ([bytes, offset, length, at]) => [
      ...([bytes, offset, length >> 1, at] as const),
    ]) as FileHandle['write'];
    for (const name of ['writeFile', 'appendFile'] as const) {
      const whole = handle[name].bind(handle) as (bytes: Uint8Array | string) => Promise<void>;
      handle[name] = guarded('write', path, whole, ([bytes]) => [bytes.slice(0, bytes.length >> 1)]) as typeof whole;
    }
    handle.sync = guarded('sync', path, async () => {});
    return handle;
  };
  return {
    ...realDisk,
    open: open as Disk['open'],
    rename: (from, to) => guarded('rename', String(to), () => realDisk.rename(from, to))(),
    rm: (path, options) => guarded('remove', String(path), () => realDisk.rm(path, options))(),
    mkdir: ((path: string, options: object) =>
      guarded('make', path, () => realDisk.mkdir(path, options))()) as Disk['mkdir'],
  };
}

export const noSpace = (): never => {
  throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC', syscall: 'write' });
};

const leavesHalf = (thrown: unknown): boolean =>
  thrown instanceof Killed ? thrown.isFirst : thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOSPC';

type Write = (bytes: Uint8Array, offset: number, length: number, position: number) => Promise<unknown>;

/** What a dead process can do: nothing. The first of these is its death. */
export class Killed extends Error {
  constructor(readonly isFirst: boolean) {
    super('killed');
  }
}

/** Lets so many changes happen, and none after, as if the process had been killed there. */
export function killedAfter(changes: number): Decide & { count(): number } {
  let done = 0;
  const decide = () => {
    done += 1;
    if (done > changes) throw new Killed(done === changes + 1);
  };
  return Object.assign(decide, { count: () => Math.min(done, changes) });
}

/** Fails one change, counted from 0, for lack of space; has room before and after. */
export function fullAt(change: number): Decide & { count(): number } {
  let done = 0;
  const decide = () => {
    done += 1;
    if (done === change + 1) noSpace();
  };
  return Object.assign(decide, { count: () => done });
}
