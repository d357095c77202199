import { canonicalBytes, sha256 } from '../canonical.js';
import { fail } from '../errors/index.js';
import type { ConsortiumId, RunId, Signature } from '../ids.js';
import { type Contract, contract, contractDomain, type SignedContract } from './contract.js';
import { featureList, namedFiles, transformsOf } from './feature-list.js';
import { geneLengths } from './gene-lengths.js';
import type { RunFile } from './run-file.js';
import { transformedColumns, transformFiles } from './transforms.js';

const encoder = new TextEncoder();

/** Signs bytes under a domain with the lead's key. */
export type Sign = (domain: string, bytes: Uint8Array) => Signature;

/**
 * Makes the terms that a lead signs.
 * @param files text of every file that the run file names, by name; others are left out of the contract
 * @throws CSM-RUNFILE-MISSING, CSM-RUNFILE-FEATURES, CSM-RUNFILE-LENGTHS
 */
export function makeContract(terms: {
  readonly runFile: RunFile;
  readonly files: Readonly<Record<string, string>>;
  readonly consortium: ConsortiumId;
  readonly run: RunId;
  readonly notAfter: Date;
  readonly weights?: NonNullable<Contract['weights']>;
  readonly previous?: NonNullable<Contract['previous']>;
}): Contract {
  const files = Object.fromEntries(
    namedFiles(terms.runFile).map((file) => {
      const text = Object.hasOwn(terms.files, file) ? terms.files[file] : undefined;
      if (text === undefined) return fail('CSM-RUNFILE-MISSING', { file });
      return [file, { sha256: sha256(encoder.encode(text)), text }];
    }),
  );
  checkFeatures(terms.runFile, files);
  for (const file of transformFiles(transformsOf(terms.runFile))) geneLengths({ files }, file);
  return contract.parse({
    format: contractDomain,
    consortium: terms.consortium,
    run: terms.run,
    notAfter: terms.notAfter.toISOString(),
    files,
    ...(terms.weights === undefined ? {} : { weights: terms.weights }),
    ...(terms.previous === undefined ? {} : { previous: terms.previous }),
    runFile: terms.runFile,
  });
}

export const signContract = (terms: Contract, sign: Sign): SignedContract => ({
  contract: terms,
  signature: sign(contractDomain, canonicalBytes(terms)),
});

/** A signed contract as its blob; `openContract` reads it. */
export const encodeContract = (signed: SignedContract): Uint8Array => canonicalBytes(signed);

/** A transform of a column that is no feature would do nothing, at every site, without a word. */
function checkFeatures(run: RunFile, files: Contract['files']): void {
  const listed = featureList({ runFile: run, files });
  if (listed === null || !('transforms' in run.data)) return;
  const known = new Set(listed);
  const stray = transformedColumns(run.data.transforms).find((column) => !known.has(column));
  if (stray === undefined) return;
  const { features } = run.data;
  const file = typeof features === 'object' && 'file' in features ? features.file : 'data.features';
  fail('CSM-RUNFILE-FEATURES', { file, line: 1, problem: `it lacks ${stray}, which data.transforms names` });
}
