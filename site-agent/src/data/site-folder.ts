import { constants } from 'node:fs';
import { access, realpath } from 'node:fs/promises';
import { isAbsolute, join, sep, win32 } from 'node:path';
import { asFileFault } from './readers/index.js';

/** Why a path leads to no file. */
export type PathFault = 'outside the folder' | 'file missing' | 'file unreadable';

/** Finds the file that a path of a table means, with every link followed. */
export type FindFile = (path: string) => Promise<{ readonly path: string } | PathFault>;

/**
 * The folder that images or bags lie below. A table comes from who knows where: a path out of the folder, by `..`, by a drive or by a link,
 * is never followed.
 * @throws CSM-DATA-FILE, CSM-DATA-UNREADABLE when there is no such folder
 */
export async function openFolder(directory: string): Promise<FindFile> {
  const root = await realpath(directory).catch((thrown: unknown) => {
    throw asFileFault(thrown, directory);
  });
  const inside = root.endsWith(sep) ? root : `${root}${sep}`;
  return async (path) => {
    if (leavesFolder(path)) return 'outside the folder';
    try {
      const found = await realpath(join(root, path));
      if (!found.startsWith(inside)) return 'outside the folder';
      await access(found, constants.R_OK);
      return { path: found };
    } catch (thrown) {
      const code = thrown instanceof Error && 'code' in thrown ? thrown.code : null;
      return code === 'ENOENT' || code === 'ENOTDIR' ? 'file missing' : 'file unreadable';
    }
  };
}

/** Said of the text alone, so that nothing is looked up outside: not even whether a file is there. */
const leavesFolder = (path: string): boolean =>
  isAbsolute(path) || win32.isAbsolute(path) || /^[a-z]:/i.test(path) || path.split(/[\\/]/).includes('..');
