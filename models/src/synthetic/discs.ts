import { permutation, type Random, stream } from '../layers/index.js';
import { type LabelledSamples, labelled } from '../samples/index.js';

export interface DiscOptions {
  readonly seed: number;
  /** Name of the laboratory: its stain and its images follow from it and the seed. */
  readonly site: string;
  readonly images: number;
  /** Classes take turns among the images, so all are as frequent, in random order. */
  readonly classes: number;
  /** Pixels of each side. */
  readonly side: number;
  /** How far the site's stain is from a common one: each channel is multiplied by up to 1 ± this. */
  readonly stain: number;
}

/**
 * Invented cells for tests: a disc with a smaller, darker one in it. A class tells itself by the nucleus's share of the cell, by its
 * hue and by how grainy the cell is; place, size and each of these three vary from image to image.
 */
export function discs({ seed, site, images, classes, side, stain }: DiscOptions): LabelledSamples {
  const random = stream(seed, 'discs', site);
  const gains = channels.map(() => 1 + stain * (2 * random.uniform() - 1));
  const marks = marksOf(seed, classes);
  const y = permutation(images, random).map((place) => place % classes);
  const size = channels.length * side ** 2;
  const pixels = new Uint8ClampedArray(images * size);
  y.forEach((label, row) => {
    draw(pixels.subarray(row * size, (row + 1) * size), side, cellOf(marks, label, random), gains, random);
  });
  return labelled({ kind: 'images', rows: images, side, pixels: new Uint8Array(pixels.buffer) }, y);
}

interface Cell {
  /** Radius, and place of the middle from that of the image; shares of the side. */
  readonly radius: number;
  readonly x: number;
  readonly y: number;
  /** Radius of the nucleus as a share of the cell's. */
  readonly nucleus: number;
  /** 0: blue, 1: red. */
  readonly hue: number;
  /** Spread of the light within the cell. */
  readonly grain: number;
}

type Mark = 'nucleus' | 'hue' | 'grain';

/** Each mark of each class, evenly from 0 to 1 and each in an order of its own; the same at every site. */
function marksOf(seed: number, classes: number): Readonly<Record<Mark, readonly number[]>> {
  const order = (mark: Mark) =>
    Array.from(permutation(classes, stream(seed, 'marks', mark)), (place) => place / (classes - 1));
  return { nucleus: order('nucleus'), hue: order('hue'), grain: order('grain') };
}

function cellOf(marks: ReturnType<typeof marksOf>, label: number, random: Random): Cell {
  const mark = (name: Mark) => marks[name][label]! + markSpread * random.normal();
  return {
    radius: 0.34 + 0.06 * (random.uniform() - 0.5),
    x: 0.14 * (random.uniform() - 0.5),
    y: 0.14 * (random.uniform() - 0.5),
    nucleus: 0.55 + 0.3 * (mark('nucleus') - 0.5),
    hue: mark('hue'),
    grain: Math.max(0, 4 + 24 * mark('grain')),
  };
}

/** Of a mark, beside the distance of a third between neighbours of four classes. */
const markSpread = 0.08;

function draw(pixels: Uint8ClampedArray, side: number, cell: Cell, gains: readonly number[], random: Random): void {
  const inside = [95 + 60 * cell.hue, 60, 165 - 60 * cell.hue];
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const across = (column + 0.5) / side - 0.5 - cell.x;
      const down = (row + 0.5) / side - 0.5 - cell.y;
      const distance = Math.hypot(across, down) / cell.radius;
      const colour = distance < cell.nucleus ? inside : distance < 1 ? plasma : background;
      const light = random.normal() * (distance < 1 ? cell.grain : backgroundGrain);
      const start = (row * side + column) * channels.length;
      for (const channel of channels) pixels[start + channel] = (colour[channel]! + light) * gains[channel]!;
    }
  }
}

const channels = [0, 1, 2];
const plasma = [190, 170, 205];
const background = [228, 220, 228];
const backgroundGrain = 4;
