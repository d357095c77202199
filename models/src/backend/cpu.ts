import { tf } from './tensorflow.js';

/** Makes TensorFlow.js' plain JavaScript backend the one in use: the reference for gradients, and far too slow else. */
export async function startCpu(): Promise<void> {
  // Its first tensor would print advice to install another backend; this one was asked for.
  Reflect.set(tf.findBackend('cpu'), 'firstUse', false);
  if (!(await tf.setBackend('cpu')) || tf.getBackend() !== 'cpu') throw new Error('the cpu backend did not start');
}
