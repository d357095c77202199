import { fail } from '@consilium/shared/errors';
import { tf } from '../backend/index.js';
import type { Node } from './blocks.js';

/** One sample as the network takes it. @param shape without the batch */
export const inputOf = (...shape: readonly number[]): Node => tf.input({ shape: [...shape], name: 'input' });

/** Input and logits as a model; the logits are its one output. */
export const portableModel = (input: Node, logits: Node): tf.LayersModel =>
  tf.model({ inputs: input, outputs: logits, name: 'consilium' });

/** Says why a network has no such form. @throws CSM-EXPORT-LAYERS */
export const notPortable = (family: string, problem: string): never => fail('CSM-EXPORT-LAYERS', { family, problem });
