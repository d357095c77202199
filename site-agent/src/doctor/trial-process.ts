// A process of its own: a library that does not fit this machine may end the process that loads it, and that must not
// hide what else is wrong.
import { tf, useBackend } from '@consilium/models/backend';
import { asCoded } from '@consilium/shared/errors';
import { tether } from '@consilium/shared/process';
import { sendable } from '@consilium/shared/wire';
import { timeProducts } from './product.js';
import { type TrialMessage, trialRequest } from './trial-messages.js';

tether();
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit(0));
process.once('message', (raw) => void tryOut(raw));

const say = (message: TrialMessage): Promise<void> =>
  new Promise((resolve) => {
    if (process.send === undefined) resolve();
    else process.send(message, () => resolve());
  });

async function tryOut(raw: unknown): Promise<void> {
  try {
    const { backend, device } = trialRequest.parse(raw);
    await say({ type: 'backend', backend: await useBackend(backend, { device }) });
    await say({ type: 'speed', ...(await timeProducts(multiply, () => performance.now())) });
  } catch (thrown) {
    await say({ type: 'fault', error: sendable(asCoded(thrown)) });
  }
  process.exit(0);
}

const operands = new Map<number, readonly [tf.Tensor2D, tf.Tensor2D]>();

/** One value of the last product is read: only then has a GPU done them all. */
async function multiply(size: number, times: number): Promise<void> {
  const [a, b] = operandsOf(size);
  const corner = tf.tidy(() => {
    let product = tf.matMul(a, b);
    for (let done = 1; done < times; done++) {
      product.dispose();
      product = tf.matMul(a, b);
    }
    return tf.slice(product, [0, 0], [1, 1]);
  });
  await corner.data();
  corner.dispose();
}

function operandsOf(size: number): readonly [tf.Tensor2D, tf.Tensor2D] {
  const made = operands.get(size);
  if (made !== undefined) return made;
  const matrix = (step: number) =>
    tf.tensor2d(
      Float32Array.from({ length: size * size }, (_, i) => ((i * step) % 17) / 17 - 0.5),
      [size, size],
    );
  const pair = [matrix(7), matrix(11)] as const;
  operands.set(size, pair);
  return pair;
}
