// Some training steps of one case in a process of its own: reads { name, backend } from its first argument and prints one line of JSON.
import { tf, useBackend } from '@consilium/models/backend';
import { blueprintOf } from '@consilium/models/families';
import { shapeOf } from '@consilium/models/samples';
import { train } from '@consilium/models/training';
import { cases } from './full-size.cases.mjs';
import { median } from './measuring/interleaved.mjs';

const steps = 3;
const side = 1024;
const { name, backend } = JSON.parse(process.argv[2]);
const info = await useBackend(backend);
const productMs = await timeOfProduct();
const { family: named, stage, classes, samples: draw } = cases[name];
const samples = draw();
const { family, blueprint } = blueprintOf({
  ...{ family: named, preset: 'paper', options: {}, stage, classes },
  input: shapeOf(samples),
});
family.checkInput(samples, blueprint);
const model = family.build({ ...blueprint, seed: 1 });
const ends = [performance.now()];
await train({
  ...{ model, samples, batchSize: samples.rows, epochs: steps, classWeights: null, seed: 1 },
  optimizer: { name: 'adam', rate: 1e-4, weightDecay: 0 },
  onProgress: () => ends.push(performance.now()),
});
const weights = [model.shared, model.local, model.frozen]
  .flatMap(({ variables }) => variables)
  .reduce((sum, { size }) => sum + size, 0);
const peakBytes = process.resourceUsage().maxRSS * 1024;
const times = ends.slice(2).map((end, step) => end - ends[step + 1]);
console.log(
  JSON.stringify({ weights, rows: samples.rows, stepMs: median(times), productMs, peakBytes, device: info.device }),
);

/** Milliseconds of one product of two square matrices, the median of some. */
async function timeOfProduct() {
  const [a, b] = [tf.randomNormal([side, side]), tf.randomNormal([side, side])];
  const times = [];
  for (let run = 0; run < 7; run++) {
    const start = performance.now();
    const product = tf.matMul(a, b);
    await product.data();
    times.push(performance.now() - start);
    product.dispose();
  }
  tf.dispose([a, b]);
  return median(times);
}
