import { setImmediate } from 'node:timers/promises';
import type { StrategySettings } from '@consilium/shared/contract';
import type { BlobHash } from '@consilium/shared/ids';
import { layoutElements, type UpdateCoding } from '@consilium/shared/weights';
import type { AggregationBlobs } from './blobs.js';
import { openKeptValues } from './kept-values.js';
import { bestKernel, type Kernel } from './kernels/index.js';
import { foldMovingAverages } from './statistics.js';
import { type Contribution, openPass, type Pass, type Round } from './strategies/index.js';
import {
  freeTile,
  type ModelForm,
  openBase,
  openUpdate,
  type ReadTile,
  readForm,
  type Tile,
  tileElements,
  tilesOf,
} from './tiles.js';

export interface Fold {
  /** `training.strategy` of the run file. */
  readonly strategy: StrategySettings;
  /** The model that every update started from. */
  readonly base: BlobHash;
  /** What the round before kept for this one (`Folded.state`); none in the first round of a stage. */
  readonly state?: BlobHash | null;
  /** What strategies ask for that reckon with what the sites did; of a run it is always there. */
  readonly round?: Round;
  /** Accepted updates, in any order. */
  readonly contributions: readonly Contribution[];
  /** How the updates are coded; f32 where left out. */
  readonly coding?: UpdateCoding;
  readonly blobs: AggregationBlobs;
  readonly kernel?: Kernel;
  readonly signal?: AbortSignal | undefined;
}

export interface Folded {
  /** The next model's blob. */
  readonly hash: BlobHash;
  readonly bytes: number;
  /** Training samples behind it. */
  readonly samples: number;
  /** The blob of what the strategy keeps for the next round; null where it keeps nothing. */
  readonly state: BlobHash | null;
}

/**
 * Makes the next model of the accepted updates and writes it to the blobs, under the base's own header: weights by the strategy,
 * moving averages of batch normalisations as those of all sites' rows together, unless the strategy says otherwise.
 * All that decides the result comes in as an argument and is named by a hash, so a fold can be done again from kept blobs.
 * The same bits whatever the order given and whichever the kernel; memory for a few tiles of 1 MiB, however large the
 * model and, where the strategy sums, however many the sites: order statistics hold a tile of each. The event loop runs between
 * tiles. An aborted or failed fold leaves no model.
 * @throws CSM-UPDATE-LAYOUT, CSM-UPDATE-SIZE, CSM-UPDATE-CODED when an update is not of the base's form; CSM-WEIGHTS-LAYOUT; CSM-RUN-DIVERGED;
 * the signal's reason
 */
export async function fold(given: Fold): Promise<Folded> {
  const { strategy, base, contributions, coding = { codec: 'f32' }, blobs, signal } = given;
  const ordered = canonicalOrder(contributions);
  const form = await readForm(blobs, base);
  const readBase = openBase(blobs, base, form);
  const updates = await Promise.all(ordered.map((own) => openUpdate(blobs, form, { ...own, coding, readBase })));
  const mostElements = Math.min(tileElements, layoutElements(form.layout));
  const pass = openPass(strategy, ordered, {
    ...{ kernel: given.kernel ?? bestKernel(), tileElements: mostElements, round: given.round },
  });

  await survey(pass, { form, updates, readBase }, signal);
  const writeMovingAverages = await movingAveragesOf(pass, { form, updates }, signal);

  signal?.throwIfAborted();
  const kept = await openKeptValues(blobs, form, { names: pass.keeps, before: given.state ?? null });
  const writer = blobs.writer();
  const next = new Float32Array(mostElements);
  try {
    await writer.append(form.header);
    for (const tile of tilesOf(form)) {
      const memory = await kept.read(tile);
      pass.open({ base: pass.readsBase ? await readBase(tile) : none, kept: memory });
      const release = await addTile(pass, { tile, updates }, signal);
      pass.close(next.subarray(0, tile.elements));
      release();
      writeMovingAverages(tile, next);
      await writer.append(new Uint8Array(next.buffer, 0, tile.length));
      await kept.write(memory);
      await setImmediate();
    }
    signal?.throwIfAborted();
    const samples = ordered.reduce((sum, contribution) => sum + contribution.samples, 0);
    const state = await kept.commit();
    return { ...(await writer.commit()), samples, state };
  } catch (error) {
    await writer.abort();
    await kept.abort();
    throw error;
  }
}

const none = new Float32Array();

interface Sources {
  readonly form: ModelForm;
  readonly updates: readonly ReadTile[];
}

/**
 * Hands a tile's values of every update over, and frees them: a hundred sites leave no hundred tiles to the collector.
 * @returns frees those that are of use until the tile closes
 */
async function addTile(
  { add }: Pick<Pass, 'add'>,
  { tile, updates }: { readonly tile: Tile; readonly updates: readonly ReadTile[] },
  signal: AbortSignal | undefined,
): Promise<() => void> {
  const held = new Set<Float32Array>();
  for (const [index, read] of updates.entries()) {
    signal?.throwIfAborted();
    const values = await read(tile);
    held.add(values);
    for (const done of add(index, values)) {
      held.delete(done);
      freeTile(done);
    }
  }
  return () => held.forEach(freeTile);
}

/** The strategy's first pass over all tiles, where it has one. */
async function survey(
  { survey }: Pass,
  { form, updates, readBase }: Sources & { readonly readBase: ReadTile },
  signal: AbortSignal | undefined,
): Promise<void> {
  if (survey === undefined) return;
  for (const tile of tilesOf(form)) {
    survey.open(survey.readsBase ? await readBase(tile) : none);
    const release = await addTile(survey, { tile, updates }, signal);
    await survey.close();
    release();
    await setImmediate();
  }
}

/** Writes moving averages over what the strategy put there; nothing where it folds them like other values. */
async function movingAveragesOf(
  pass: Pass,
  { form, updates }: Sources,
  signal: AbortSignal | undefined,
): Promise<(tile: Tile, into: Float32Array) => void> {
  const counts = pass.counts();
  if (counts === null) return () => {};
  const sources = updates.map((read, index) => ({ samples: counts[index] ?? 0, read }));
  return foldMovingAverages(form, sources, signal);
}

/** Contributions by site id in byte order (ids are ASCII): the order in which every coordinator adds. */
function canonicalOrder(contributions: readonly Contribution[]): readonly Contribution[] {
  if (contributions.length === 0) throw new RangeError('fold: there is no contribution');
  const ordered = contributions.toSorted((a, b) => (a.site < b.site ? -1 : 1));
  if (ordered.some(({ site }, index) => site === ordered[index + 1]?.site)) {
    throw new RangeError('fold: a site contributes twice');
  }
  return ordered;
}
