import type { Random } from '@consilium/models/layers';
import { asRows, denseRows, join, type LabelledSamples, pick } from '@consilium/models/samples';
import type { Oversampling } from '@consilium/shared/contract';

/**
 * Adds samples behind the given ones until every class that is there has as many as the largest: for `smote` between a sample and a near
 * one of its class (Chawla et al. 2002, JAIR 16:321), for `duplicate` the sample once more. Each sample of a class is
 * a base as often as any other, to one. A new sample is of its base's class, patient and group, with its base's sides.
 * For training samples alone, after scaling: made before a split, copies would stand in training and test alike.
 * A class of one sample has no neighbour: `smote` leaves it as it is. Samples without a class are left alone.
 * @param samples rows of numbers for `smote` (it returns them in full), anything for `duplicate`
 */
export function oversample(
  samples: LabelledSamples,
  { method, neighbours }: Oversampling,
  random: Random,
): LabelledSamples {
  const classes = rowsByClass(samples.y);
  const most = classes.reduce((count, rows) => Math.max(count, rows.length), 0);
  const grown = classes
    .filter((rows) => rows.length > (method === 'smote' ? 1 : 0))
    .map((rows) => ({ rows, bases: drawInTurn(rows.length, most - rows.length, random) }));
  const added = pick(samples, Int32Array.from(grown.flatMap(({ rows, bases }) => bases.map((base) => rows[base]!))));
  if (added.rows === 0) return samples;
  if (method === 'duplicate') return join([samples, added]);

  const input = asRows(samples.input);
  const { width } = input;
  const invented = new Float32Array(added.rows * width);
  let next = 0;
  for (const { rows, bases } of grown) {
    const own = { values: denseRows(input, Int32Array.from(rows)), width };
    fillBetween(own, bases, { neighbours, random }, invented.subarray(next * width));
    next += bases.length;
  }
  return join([
    { ...samples, input: { kind: 'rows', rows: samples.rows, width, values: denseRows(input, everyRow(samples)) } },
    { ...added, input: { kind: 'rows', rows: added.rows, width, values: invented } },
  ]);
}

/** Samples of one class, [rows, width], row-major. */
export interface ClassRows {
  readonly values: Float32Array;
  readonly width: number;
}

/** The nearest other rows by Euclidean distance, nearest first; of equal ones the earlier first. */
export function nearestRows({ values, width }: ClassRows, row: number, count: number): readonly number[] {
  const distance = (other: number): number => {
    let sum = 0;
    for (let column = 0; column < width; column++) {
      sum += (values[other * width + column]! - values[row * width + column]!) ** 2;
    }
    return sum;
  };
  return Array.from({ length: values.length / width }, (_, other) => ({ other, distance: distance(other) }))
    .filter(({ other }) => other !== row)
    .sort((a, b) => a.distance - b.distance || a.other - b.other)
    .slice(0, count)
    .map(({ other }) => other);
}

/** Writes the point at `share` of the way from one row to another. @param into [width] */
export function pointBetween(
  { values, width }: ClassRows,
  { from, to, share }: { readonly from: number; readonly to: number; readonly share: number },
  into: Float32Array,
): void {
  for (let column = 0; column < width; column++) {
    const start = values[from * width + column]!;
    into[column] = start + share * (values[to * width + column]! - start);
  }
}

/** A point between each base and one of its neighbours. @param into [bases, width] */
function fillBetween(
  rows: ClassRows,
  bases: readonly number[],
  { neighbours, random }: { readonly neighbours: number; readonly random: Random },
  into: Float32Array,
): void {
  const found = new Map<number, readonly number[]>();
  for (const [index, from] of bases.entries()) {
    const near = found.get(from) ?? nearestRows(rows, from, neighbours);
    found.set(from, near);
    const to = near[random.integer(near.length)]!;
    pointBetween(rows, { from, to, share: random.uniform() }, into.subarray(index * rows.width));
  }
}

const everyRow = ({ rows }: LabelledSamples): Int32Array => Int32Array.from({ length: rows }, (_, row) => row);

/** The rows of each class, in their order. */
function rowsByClass(y: Int32Array): readonly (readonly number[])[] {
  const classes: number[][] = [];
  for (const [row, label] of y.entries()) {
    if (label < 0) continue;
    while (classes.length <= label) classes.push([]);
    classes[label]!.push(row);
  }
  return classes;
}

/** Draws `count` of the numbers below `limit`: each once, in random order, before any again. */
function drawInTurn(limit: number, count: number, random: Random): readonly number[] {
  const drawn: number[] = [];
  const left: number[] = [];
  while (drawn.length < count) {
    if (left.length === 0) for (let number = 0; number < limit; number++) left.push(number);
    const at = random.integer(left.length);
    drawn.push(left[at]!);
    left[at] = left.at(-1)!;
    left.pop();
  }
  return drawn;
}
