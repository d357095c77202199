import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '@consilium/shared/canonical';
import { type Contract, signedContract } from '@consilium/shared/contract';
import { fail } from '@consilium/shared/errors';
import { readSums, sumsFile } from '@consilium/shared/exported';
import { type PreparationState, readPreparation } from '@consilium/shared/statistics';

/** What consilium export wrote, as far as using the model needs it. */
export interface Exported {
  readonly contract: Contract;
  readonly preparation: PreparationState;
  readonly model: Uint8Array;
  /** Null where the last stage trained all. */
  readonly frozen: Uint8Array | null;
}

const frozenFile = 'frozen.safetensors';

/** Reads an export's files, each as it was exported. @throws CSM-EVALUATE-EXPORT, CSM-EVALUATE-CHANGED */
export async function readExport(folder: string): Promise<Exported> {
  const bytes = (name: string): Promise<Uint8Array> =>
    readFile(join(folder, name)).catch((cause: NodeJS.ErrnoException) =>
      fail('CSM-EVALUATE-EXPORT', { file: name, problem: `it cannot be read (${cause.code ?? 'fault'})` }, { cause }),
    );
  const sums =
    readSums(Buffer.from(await bytes(sumsFile)).toString('utf8')) ??
    fail('CSM-EVALUATE-EXPORT', { file: sumsFile, problem: 'it is no list of hashes' });
  const file = async (name: string): Promise<Uint8Array> => {
    const whole = await bytes(name);
    if (sha256(whole) !== sums.get(name)) fail('CSM-EVALUATE-CHANGED', { file: name });
    return whole;
  };
  const signed = signedContract.safeParse(json(await file('contract.json')));
  if (!signed.success) fail('CSM-EVALUATE-EXPORT', { file: 'contract.json', problem: 'it is no signed contract' });
  return {
    contract: signed.data.contract,
    preparation: readPreparation(await file('preparation.json')),
    model: await file('model.safetensors'),
    frozen: sums.has(frozenFile) ? await file(frozenFile) : null,
  };
}

function json(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}
