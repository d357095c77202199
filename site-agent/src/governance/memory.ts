import { join } from 'node:path';
import { canonicalHash } from '@consilium/shared/canonical';
import { type Contract, idOf, isOrExtends, stepsOf } from '@consilium/shared/contract';
import { fail } from '@consilium/shared/errors';
import { type BlobHash, blobHash, runId, stepId } from '@consilium/shared/ids';
import type { Work } from '@consilium/shared/wire';
import { z } from 'zod';
import { type Disk, readIfThere, readJsonIfThere, realDisk, writeWhole } from '../config/index.js';

/** How many steps before the newest one are remembered: what a coordinator restored from a backup may have lost. */
const earlierSteps = 100;

const remembered = z.strictObject({
  format: z.literal('consilium-memory-1'),
  run: runId,
  /** The newest that it has worked under. */
  contract: blobHash,
  /** The newest step that this site has begun, and from what. */
  index: z.int().min(0),
  step: stepId,
  model: blobHash.nullable(),
  /** Left out where the stage trains all. */
  frozen: blobHash.exactOptional(),
  /** Left out where the strategy gives sites nothing to train by. */
  control: blobHash.exactOptional(),
  preparation: blobHash.nullable(),
  /** The step whose carried state it stands on, null for none. Not known where an earlier version wrote this. */
  carried: stepId.nullable().exactOptional(),
  /** Until when the contract counts. Not known where an earlier version wrote this. */
  notAfter: z.iso.datetime().exactOptional(),
  /** Steps before it that this site has begun, oldest first, each with a hash of what it began from. */
  earlier: z
    .array(z.strictObject({ index: z.int().min(0), from: blobHash, carried: stepId.nullable().exactOptional() }))
    .exactOptional(),
});
export type Remembered = z.infer<typeof remembered>;

/**
 * Decides whether a site may obey an assignment, from what it did before: steps go forward only, each has one model,
 * one preparation and one carried state, and none lies outside the contract. So a coordinator that was broken into cannot have an old step done
 * again from another model, which would tell it more of the patients than the contract allows. A contract may give way
 * to one that extends it, never the other way. A coordinator that was restored from a backup may ask again for steps that
 * the site has done, from the very same model: that tells nothing new.
 * The answer is on the disk before this resolves; work begins after.
 * @param folder of the run
 * @throws CSM-AGENT-STEP-UNKNOWN, CSM-AGENT-SECOND-CONTRACT, CSM-AGENT-STEP-BACK, CSM-AGENT-SECOND-MODEL, CSM-AGENT-DISK
 */
export async function admit(folder: string, terms: Contract, work: Work, disk: Disk = realDisk): Promise<void> {
  const { run, contract, index, step, model, frozen, control, preparation } = work;
  const carried = work.carried ?? null;
  const listed = stepsOf(terms.runFile)[index];
  if (listed === undefined || idOf(listed) !== step) fail('CSM-AGENT-STEP-UNKNOWN', { run, step, index });
  const file = join(folder, 'memory.json');
  const before = await recall(folder);
  if (before !== null) {
    if (before.run !== run || !isOrExtends(terms, before.contract)) fail('CSM-AGENT-SECOND-CONTRACT', { run });
    if (index < before.index) {
      const known = before.earlier?.find((one) => one.index === index);
      if (known === undefined) fail('CSM-AGENT-STEP-BACK', { run, step });
      if (known.from !== fromOf(work)) fail('CSM-AGENT-SECOND-MODEL', { run, step, what: 'model' });
      if (known.carried !== undefined && known.carried !== carried) {
        fail('CSM-AGENT-SECOND-MODEL', { run, step, what: 'carried state' });
      }
      return;
    }
    if (index === before.index) {
      if (before.model !== model) fail('CSM-AGENT-SECOND-MODEL', { run, step, what: 'model' });
      if (before.frozen !== frozen) fail('CSM-AGENT-SECOND-MODEL', { run, step, what: 'frozen part' });
      if (before.control !== control) fail('CSM-AGENT-SECOND-MODEL', { run, step, what: 'control variate' });
      if (before.preparation !== preparation) fail('CSM-AGENT-SECOND-MODEL', { run, step, what: 'preparation' });
      if (before.carried !== undefined && before.carried !== carried) {
        fail('CSM-AGENT-SECOND-MODEL', { run, step, what: 'carried state' });
      }
      if (before.contract === contract) return;
    }
  }
  const place = { format: 'consilium-memory-1', run, contract, index, step } as const;
  const passed = before === null || before.index === index ? [] : [passedBy(before)];
  const earlier = [...(before?.earlier ?? []), ...passed].slice(-earlierSteps);
  const from = {
    model,
    ...(frozen !== undefined && { frozen }),
    ...(control !== undefined && { control }),
    ...{ preparation, carried, notAfter: terms.notAfter },
  };
  const now: Remembered = { ...place, ...from, ...(earlier.length > 0 && { earlier }) };
  await writeWhole(file, JSON.stringify(now), disk);
}

const passedBy = (before: Remembered) => ({
  index: before.index,
  from: fromOf(before),
  ...(before.carried !== undefined && { carried: before.carried }),
});

/** What a step begins from, as one hash. */
const fromOf = ({
  step,
  model,
  frozen,
  control,
  preparation,
}: Pick<Work, 'step' | 'model' | 'frozen' | 'control' | 'preparation'>): BlobHash =>
  canonicalHash({ step, model, frozen: frozen ?? null, ...(control !== undefined && { control }), preparation });

/**
 * What a site remembers of a run, null for nothing. A memory that cannot be read must not pass for none: then every step would be
 * allowed again.
 * @param folder of the run
 * @throws CSM-AGENT-DISK
 */
export async function recall(folder: string): Promise<Remembered | null> {
  const file = join(folder, 'memory.json');
  if ((await readIfThere(file)) === null) return null;
  const parsed = remembered.safeParse(await readJsonIfThere(file));
  return parsed.success ? parsed.data : fail('CSM-AGENT-DISK', { file: 'memory.json', reason: 'damaged' });
}
