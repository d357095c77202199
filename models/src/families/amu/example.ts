import { stream } from '../../layers/index.js';
import { labelled } from '../../samples/index.js';
import { onlyStage } from '../../training/index.js';
import type { Example } from '../family.js';
import { parseOptions } from './config.js';

const [rows, width, classes] = [24, 12, 2];

/** Rows of noise, the sign of two columns' product their label. With dropout, which a backend has to draw alike. */
export function example(seed: number): Example {
  const random = stream(seed, 'example');
  const values = Float32Array.from({ length: rows * width }, () => random.normal());
  const y = Int32Array.from({ length: rows }, (_, row) =>
    (values[row * width] ?? 0) * (values[row * width + 1] ?? 0) > 0 ? 1 : 0,
  );
  const options = parseOptions('small', { dropout: 0.1, headDropout: 0.2 });
  return {
    blueprint: { input: { kind: 'rows', width }, classes, options, stage: onlyStage },
    samples: labelled({ kind: 'rows', rows, width, values }, y),
  };
}
