import { fail } from '../errors/index.js';
import type { BlobHash } from '../ids.js';
import { type Contract, contract, contractHash, maxExtensions } from './contract.js';
import type { RunFile } from './run-file.js';
import { stagesOf } from './stages.js';
import { rounds as roundsLimits } from './training.js';

/** What a run may be given more of while it goes on. */
export interface Extension {
  /** Rounds of its last stage in all, those done included; as they are where left out. */
  readonly rounds?: number | undefined;
  /** Until when sites work on it; as it is where left out. */
  readonly notAfter?: Date | undefined;
}

/**
 * The contract of the same run with more rounds in its last stage, a later last date, or both. It names the one that it
 * extends. Steps up to the former last round keep their names and places, unless that round alone is judged for being the last.
 * @throws CSM-EXTEND-NOTHING, CSM-EXTEND-SHORTER, CSM-EXTEND-LIMIT
 */
export function extendContract(present: Contract, { rounds, notAfter }: Extension): Contract {
  const { run } = present;
  const now = extensionOf(present);
  const next = { rounds: rounds ?? now.rounds, notAfter: notAfter ?? now.notAfter };
  if (next.rounds < now.rounds)
    fail('CSM-EXTEND-SHORTER', { run, what: 'rounds', now: now.rounds, asked: next.rounds });
  if (next.notAfter < now.notAfter) {
    const asked = next.notAfter.toISOString();
    fail('CSM-EXTEND-SHORTER', { run, what: 'notAfter', now: present.notAfter, asked });
  }
  if (!grows(now, next)) fail('CSM-EXTEND-NOTHING', { run });
  const limit = roundsLimits.maxValue ?? Number.POSITIVE_INFINITY;
  if (next.rounds > limit) fail('CSM-EXTEND-LIMIT', { run, what: 'rounds', limit });
  const before = present.extends ?? [];
  if (before.length >= maxExtensions) fail('CSM-EXTEND-LIMIT', { run, what: 'extensions', limit: maxExtensions });
  const own = ownRounds(present.runFile);
  const former = {
    contract: contractHash(present),
    notAfter: present.notAfter,
    ...(own !== undefined && { rounds: own }),
  };
  return contract.parse({
    ...present,
    notAfter: next.notAfter > now.notAfter ? next.notAfter.toISOString() : present.notAfter,
    extends: [...before, former],
    runFile: next.rounds === now.rounds ? present.runFile : withRounds(present.runFile, next.rounds),
  });
}

/** What can be extended of a contract, as it stands. */
export const extensionOf = ({ runFile, notAfter }: Contract): { readonly rounds: number; readonly notAfter: Date } => ({
  rounds: stagesOf(runFile).at(-1)?.rounds ?? runFile.training.rounds,
  notAfter: new Date(notAfter),
});

/** Whether a contract is the one of this hash, or extends it. */
export const isOrExtends = (value: Contract, hash: BlobHash): boolean =>
  contractHash(value) === hash || (value.extends ?? []).some((former) => former.contract === hash);

/**
 * Checks what a contract says of those that it extends: each, made again, has the hash that is named, and none gave more.
 * @throws CSM-CONTRACT-EXTENSION
 */
export function checkExtensions(value: Contract): void {
  for (let now = value; now.extends !== undefined; ) {
    const named = now.extends.at(-1)?.contract;
    const former = formerOf(now);
    if (contractHash(former) !== named || !grows(extensionOf(former), extensionOf(now))) {
      fail('CSM-CONTRACT-EXTENSION', { run: value.run });
    }
    now = former;
  }
}

/** The contract that a run was launched with, made again from the one that it goes by now. */
export function originalOf(value: Contract): Contract {
  return value.extends === undefined ? value : originalOf(formerOf(value));
}

/** The contract that another one extends, made again from it. */
function formerOf({ extends: chain = [], ...rest }: Contract): Contract {
  const last = chain.at(-1);
  if (last === undefined) return rest;
  const before = chain.slice(0, -1);
  return {
    ...rest,
    notAfter: last.notAfter,
    ...(before.length > 0 && { extends: before }),
    runFile: last.rounds === ownRounds(rest.runFile) ? rest.runFile : withRounds(rest.runFile, last.rounds),
  };
}

const grows = (from: ReturnType<typeof extensionOf>, to: ReturnType<typeof extensionOf>): boolean =>
  to.rounds >= from.rounds && to.notAfter >= from.notAfter && (to.rounds > from.rounds || to.notAfter > from.notAfter);

/** The rounds that the last stage names itself, or the training of a run without stages. */
const ownRounds = ({ stages, training }: RunFile): number | undefined =>
  stages === undefined ? training.rounds : stages.at(-1)?.rounds;

/** A run file with this number of rounds in its last stage; with none of its own there where undefined. */
function withRounds(run: RunFile, rounds: number | undefined): RunFile {
  if (run.stages === undefined) {
    return rounds === undefined ? run : { ...run, training: { ...run.training, rounds } };
  }
  const last = run.stages.length - 1;
  const stages = run.stages.map((stage, index) => {
    if (index !== last) return stage;
    const { rounds: _, ...rest } = stage;
    return rounds === undefined ? rest : { ...rest, rounds };
  });
  return { ...run, stages };
}
