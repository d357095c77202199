import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export type Files = Readonly<Record<string, string | Uint8Array>>;

/** Folders with the files that are named, each a new one, below one that `remove` takes away with all of them. */
export function dataFolders(): { readonly make: (files: Files) => string; readonly remove: () => void } {
  const root = mkdtempSync(join(tmpdir(), 'consilium-data-'));
  return {
    make(files) {
      const path = mkdtempSync(join(root, 'site-'));
      for (const [name, content] of Object.entries(files)) {
        mkdirSync(dirname(join(path, name)), { recursive: true });
        writeFileSync(join(path, name), content);
      }
      return path;
    },
    remove: () => rmSync(root, { recursive: true }),
  };
}
