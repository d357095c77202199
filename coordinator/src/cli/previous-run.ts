import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '@consilium/shared/canonical';
import { previousFault, type RunFile, signedContract } from '@consilium/shared/contract';
import { fail } from '@consilium/shared/errors';
import { encodePrevious, readSums, sumsFile } from '@consilium/shared/exported';
import type { BlobHash } from '@consilium/shared/ids';

const frozenFile = 'frozen.safetensors';

/**
 * What a run's sites need to judge the result of an earlier run: the export that the run file names, as one file; null where it names none.
 * @param folder of the run file
 * @throws CSM-RUNFILE-PREVIOUS
 */
export async function readPreviousRun(
  run: RunFile,
  folder: string,
): Promise<{ readonly model: BlobHash; readonly file: Uint8Array } | null> {
  const { previous } = run.validation;
  if (previous === undefined) return null;
  const refuse = (problem: string): never => fail('CSM-RUNFILE-PREVIOUS', { file: previous, problem });
  const bytes = (name: string): Promise<Uint8Array> =>
    readFile(join(folder, previous, name)).catch(() => refuse(`its ${name} cannot be read`));
  const sums =
    readSums(Buffer.from(await bytes(sumsFile)).toString('utf8')) ?? refuse(`its ${sumsFile} is no list of hashes`);
  const file = async (name: string): Promise<Uint8Array> => {
    const whole = await bytes(name);
    return sha256(whole) === sums.get(name) ? whole : refuse(`its ${name} is not as it was exported`);
  };
  const signed = signedContract.safeParse(jsonOf(await file('contract.json')));
  if (!signed.success) return refuse('its contract.json is no signed contract');
  const { contract } = signed.data;
  const fault = previousFault(run, contract.runFile);
  if (fault !== null) return refuse(fault);
  const model = await file('model.safetensors');
  return {
    model: sha256(model),
    file: encodePrevious({
      contract,
      preparation: await file('preparation.json'),
      model,
      frozen: sums.has(frozenFile) ? await file(frozenFile) : null,
    }),
  };
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}
