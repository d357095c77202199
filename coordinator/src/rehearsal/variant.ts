import { copyFile, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { namedFiles, type RunFile } from '@consilium/shared/contract';

/** A run file in a folder of its own, which goes when it is disposed of. */
export interface Variant extends AsyncDisposable {
  readonly path: string;
}

/**
 * A run file that differs from the lead's in what `change` says, with the files that it names beside it.
 * @param path the lead's run file, read as `terms`
 */
export async function openVariant(
  path: string,
  terms: RunFile,
  change: Partial<Pick<RunFile, 'seed' | 'participation'>>,
): Promise<Variant> {
  const folder = await mkdtemp(join(tmpdir(), 'consilium-run-file-'));
  const { weights } = terms.model;
  for (const file of [...namedFiles(terms), ...(weights ? [weights.file] : [])]) {
    const copy = join(folder, file);
    await mkdir(dirname(copy), { recursive: true });
    await copyFile(join(dirname(path), file), copy);
  }
  const { previous } = terms.validation;
  if (previous !== undefined) await cp(join(dirname(path), previous), join(folder, previous), { recursive: true });
  const variant = join(folder, 'run.yaml');
  // JSON is YAML, and keeps every number as it was read.
  await writeFile(variant, `${JSON.stringify({ ...terms, ...change }, null, 2)}\n`);
  return { path: variant, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}
