import { stream } from '../../layers/index.js';
import { labelled } from '../../samples/index.js';
import type { Example } from '../family.js';
import { parseOptions } from './config.js';

const [rows, width, classes] = [24, 40, 3];

/** Cells of noise with classes in turn, as a matrix of counts comes: a column for each class tells it, and half of the rest is 0. */
export function example(seed: number): Example {
  const random = stream(seed, 'example');
  const y = Int32Array.from({ length: rows }, (_, row) => row % classes);
  const values = Float32Array.from({ length: rows * width }, (_, index) => {
    const marked = index % width === y[Math.floor(index / width)] ? 3 : 0;
    return Math.max(0, random.normal() + marked);
  });
  return {
    blueprint: { input: { kind: 'rows', width }, classes, options: parseOptions('small', {}), stage: 'autoencoder' },
    samples: labelled({ kind: 'rows', rows, width, values }, y),
  };
}
