import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { importPlan, type PlannedStage, type StagePlan, sentencesOf, takeTensors } from '@consilium/models/imported';
import { fail } from '@consilium/shared/errors';
import { type BlobHash, blobHash } from '@consilium/shared/ids';
import { type ByteSource, openTensors } from '@consilium/shared/safetensors';
import type { Weights } from '@consilium/shared/weights';

const limits = { headerBytes: 32 * 2 ** 20, tensorBytes: 2 * 2 ** 30 };
const pieceBytes = 2 ** 24;

/** The tensors that a model starts from, and what was found in their file. */
export interface Imported {
  /** Of the whole file. */
  readonly sha256: BlobHash;
  readonly stages: readonly PlannedStage[];
  /** In whole sentences, for the lead. */
  readonly sentences: readonly string[];
  readonly tensors: Weights;
}

/** Takes from a safetensors file what a model's stages start from. @throws CSM-IMPORT-* */
export async function importWeights(wanted: {
  readonly folder: string;
  readonly file: string;
  readonly family: string;
  readonly stages: readonly StagePlan[];
}): Promise<Imported> {
  const { folder, file, family, stages } = wanted;
  const refuse = (problem: string): never => fail('CSM-IMPORT-FILE', { file, problem });
  const handle = await open(join(folder, file), 'r').catch((thrown: unknown) =>
    refuse(reasonOf(thrown) === 'ENOENT' ? 'there is no such file' : `the system says ${reasonOf(thrown)}`),
  );
  try {
    const source = await sourceOf(handle, refuse);
    const given = await openTensors(source, limits, refuse);
    const plan = importPlan({ file, family, tensors: given.tensors }, stages);
    return {
      sha256: await hashOf(source),
      stages: plan.stages,
      sentences: sentencesOf(file, plan),
      tensors: await takeTensors(file, given, plan.take),
    };
  } finally {
    await handle.close();
  }
}

async function sourceOf(handle: FileHandle, refuse: (problem: string) => never): Promise<ByteSource> {
  const about = await handle.stat();
  if (!about.isFile()) refuse('it is not a file');
  return {
    bytes: about.size,
    async read(position, length) {
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length; ) {
        const wanted = Math.min(length - done, pieceBytes);
        const { bytesRead } = await handle
          .read(bytes, done, wanted, position + done)
          .catch((thrown: unknown) => refuse(`the system says ${reasonOf(thrown)}`));
        if (bytesRead === 0) refuse('it is cut short');
        done += bytesRead;
      }
      return bytes;
    },
  };
}

async function hashOf({ bytes, read }: ByteSource): Promise<BlobHash> {
  const hash = createHash('sha256');
  for (let at = 0; at < bytes; at += pieceBytes) hash.update(await read(at, Math.min(pieceBytes, bytes - at)));
  return blobHash.parse(hash.digest('hex'));
}

const reasonOf = (thrown: unknown): string =>
  thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'that it cannot';
