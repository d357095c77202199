import { type Contract, makeContract, type RunFile } from '@consilium/shared/contract';
import { consortiumId, runId } from '@consilium/shared/ids';

/** The terms of a run that nobody signed, for what goes on in this process alone. */
export const unsignedContract = (runFile: RunFile, files: Readonly<Record<string, string>> = {}): Contract =>
  makeContract({
    runFile,
    files,
    consortium: consortiumId.parse('0'.repeat(32)),
    run: runId.parse('1'.repeat(32)),
    notAfter: new Date('9999-12-31'),
  });
