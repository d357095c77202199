/**
 * Before each test file. The files of this project share a process, for TensorFlow.js takes longer to load than most of them to run;
 * each begins as a fresh process does, with no backend chosen, so that none computes on what the one before left.
 */
import { tf } from '../backend/tensorflow.js';

const name = 'unchosen';
const trap = new Proxy({} as tf.KernelBackend, {
  get(_, property) {
    if (property === 'then') return undefined;
    throw new Error(`a test computes (${String(property)}) before it has chosen a backend`);
  },
});

if (tf.findBackend(name) === null) tf.registerBackend(name, () => trap);
await tf.setBackend(name);
