import { stream } from '../../layers/index.js';
import { labelled } from '../../samples/index.js';
import { onlyStage } from '../../training/index.js';
import type { Example } from '../family.js';
import { parseOptions } from './config.js';

const [rows, width, classes] = [24, 40, 3];

/** Rows of noise with labels in turn; a column for each class tells it. */
export function example(seed: number): Example {
  const random = stream(seed, 'example');
  const y = Int32Array.from({ length: rows }, (_, row) => row % classes);
  const values = Float32Array.from({ length: rows * width }, (_, index) => {
    return random.normal() + (index % width === y[Math.floor(index / width)] ? 3 : 0);
  });
  return {
    blueprint: { input: { kind: 'rows', width }, classes, options: parseOptions('small', {}), stage: onlyStage },
    samples: labelled({ kind: 'rows', rows, width, values }, y),
  };
}
