import { dirname, join } from 'node:path';
import { type Contract, makeContract, namedFiles, type RunFile, readRunFile } from '@consilium/shared/contract';
import { consortiumId, runId } from '@consilium/shared/ids';
import { readText } from './context.js';

const nobody = '0'.repeat(32);
const longMs = 24 * 3_600_000;

/**
 * A run file as the contract that it would become: of no consortium, signed by nobody, good for looking at local data.
 * @throws CSM-CLI-FILE, CSM-RUNFILE-*
 */
export async function contractOf(path: string, now: Date): Promise<Contract> {
  const runFile = await readRun(path);
  const files: Record<string, string> = {};
  for (const name of namedFiles(runFile)) files[name] = await readText(join(dirname(path), name));
  return makeContract({
    runFile,
    files,
    consortium: consortiumId.parse(nobody),
    run: runId.parse(nobody),
    notAfter: new Date(now.getTime() + longMs),
  });
}

/** @throws CSM-CLI-FILE, CSM-RUNFILE-INVALID */
export const readRun = async (path: string): Promise<RunFile> => readRunFile(await readText(path), path);
