import { setImmediate as nextTurn } from 'node:timers/promises';
import { tf } from '../../backend/index.js';
import { toLength } from '../../layers/index.js';
import { runLength } from '../../samples/index.js';
import { asBags, type Model, padBags } from '../../training/index.js';
import type { Explaining, Finding } from '../family.js';
import { knownOf } from './align.js';
import type { GenbloomModel } from './network.js';
import { modalities } from './shape.js';

/**
 * What a patient's vector comes from and whom it lies near: the cells that it looks at most, the patients most alike, and, of a model in
 * stage `align`, how near it is to each alteration. The last is formed from carriers among the reference, where there are enough.
 */
export async function* explain(model: Model, given: Explaining): AsyncIterable<Finding> {
  if (!isGenbloom(model)) throw new TypeError('a model of another family');
  yield await lookedAt(model, given);
  const vectors = await model.vectors(given.samples, batchSize);
  yield await mostAlike(vectors, given);
  const scores = await alterationScores(model, vectors, given);
  if (scores !== null) yield scores;
}

const isGenbloom = (model: Model): model is GenbloomModel => 'look' in model && 'meeting' in model;

const batchSize = 32;
const shownCells = 10;
const shownPatients = 5;
const decimals = 6;

const round = (value: number): number => Number(value.toFixed(decimals));

/** The cells of each patient that its vector takes most from: rollout over all blocks, and the last block's heads. */
async function lookedAt(model: GenbloomModel, { samples, ids }: Explaining): Promise<Finding> {
  const { heads } = model.shape.options;
  const rows: (string | number)[][] = [];
  for (const [row, id] of ids.entries()) {
    const { rollout, last } = await attentionOf(model, samples.input, row);
    const best = [...rollout.keys()].sort((a, b) => rollout[b]! - rollout[a]! || a - b).slice(0, shownCells);
    const cells = rollout.length;
    for (const cell of best) {
      const ofHeads = Array.from({ length: heads }, (_, head) => round(last[head * cells + cell] ?? 0));
      rows.push([id, cell + 1, round(rollout[cell] ?? 0), ...ofHeads]);
    }
    await nextTurn();
  }
  const header = ['patient', 'cell', 'rollout', ...Array.from({ length: heads }, (_, head) => `head${head + 1}`)];
  return { kind: 'table', name: 'cells', header, rows };
}

/**
 * How much of each cell reaches the patient's token through all blocks (attention rollout, Abnar & Zuidema 2020), [cells], and how the
 * heads of the last block look at them, [heads, cells]. Only the one row of the rollout is formed.
 */
export async function attentionOf(
  model: GenbloomModel,
  input: Explaining['samples']['input'],
  row: number,
): Promise<{ readonly rollout: Float32Array; readonly last: Float32Array }> {
  const bags = asBags(input);
  const count = Math.min(runLength(bags.starts, row), model.shape.options.cells);
  const list = Int32Array.from({ length: count }, (_, cell) => (bags.starts[row] ?? 0) + cell);
  const { rollout, last } = tf.tidy(() => {
    const blocks = model.look(padBags(bags, [list])).attention();
    let reached = tf.oneHot(tf.tensor1d([0], 'int32'), count + 1).toFloat() as tf.Tensor2D;
    for (const weights of [...blocks].reverse()) {
      const mean = weights.mean(1).squeeze<tf.Tensor2D>([0]);
      reached = reached.matMul<tf.Tensor2D>(mean).add(reached).div(2);
    }
    const last = blocks.at(-1) ?? tf.zeros<tf.Rank.R4>([1, 1, 1, count + 1]);
    return { rollout: reached.slice([0, 1]), last: last.slice([0, 0, 0, 1], [1, -1, 1, -1]) };
  });
  const [ofRollout, ofLast] = await Promise.all([rollout.data<'float32'>(), last.data<'float32'>()]);
  tf.dispose([rollout, last]);
  return { rollout: ofRollout, last: ofLast };
}

/** The patients most like each one, by the cosine of their vectors. */
async function mostAlike(vectors: Float32Array, { ids }: Explaining): Promise<Finding> {
  const count = ids.length;
  const cosines = tf.tidy(() => {
    const unit = toLength(tf.tensor2d(vectors, [count, vectors.length / Math.max(1, count)]));
    return tf.matMul(unit, unit, false, true);
  });
  const values = await cosines.data();
  cosines.dispose();
  const rows = ids.flatMap((id, row) => {
    const own = values.subarray(row * count, (row + 1) * count);
    const others = [...ids.keys()].filter((other) => other !== row).sort((a, b) => own[b]! - own[a]! || a - b);
    return others.slice(0, shownPatients).map((other) => [id, ids[other] ?? '', round(own[other] ?? 0)]);
  });
  return { kind: 'table', name: 'nearest', header: ['patient', 'other', 'cosine'], rows };
}

/** Cosine of each patient with the mean genetic embedding of an alteration's carriers; null where there is none to tell. */
async function alterationScores(
  { meeting, shape }: GenbloomModel,
  vectors: Float32Array,
  { ids, reference, minimumPatients }: Explaining,
): Promise<Finding | null> {
  if (meeting === null || reference === null) return null;
  const everyone = Int32Array.from({ length: reference.rows }, (_, row) => row);
  const found = modalities.flatMap((name) => {
    const { bits, rows } = knownOf(reference, name, everyone);
    const width = rows === 0 ? 0 : bits.length / rows;
    return Array.from({ length: width }, (_, bit) => {
      const carriers = Array.from({ length: rows }, (_, row) => row).filter((row) => bits[row * width + bit] === 1);
      const carried = carriers.flatMap((row) => [...bits.subarray(row * width, (row + 1) * width)]);
      return { name, bit, patients: carriers.length, carried, width };
    }).filter(({ patients }) => patients >= Math.max(1, minimumPatients));
  });
  if (found.length === 0) return null;
  const scores = tf.tidy(() => {
    const patients = meeting.ofVectors(tf.tensor2d(vectors, [ids.length, shape.options.width]));
    const prototypes = found.map(({ name, patients: carriers, carried, width }) =>
      meeting.ofFindings(name, tf.tensor2d(carried, [carriers, width])).mean<tf.Tensor1D>(0),
    );
    return tf.matMul(patients, toLength(tf.stack<tf.Tensor1D>(prototypes).as2D(found.length, -1)), false, true);
  });
  const values = await scores.data();
  scores.dispose();
  const rows = ids.flatMap((id, row) =>
    found.map(({ name, bit, patients }, column) => [
      id,
      `${name} ${bit + 1}`,
      patients,
      round(values[row * found.length + column] ?? 0),
    ]),
  );
  return { kind: 'table', name: 'alterations', header: ['patient', 'finding', 'carriers', 'cosine'], rows };
}
