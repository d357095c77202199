// One network on one backend in a process of its own: reads { network, backend, device, steps, profile } from its first argument and
// prints one line of JSON.
import { useBackend } from '@consilium/models/backend';
import { openNetwork, weightCount } from './network.mjs';
import { networks, trial } from './networks.mjs';
import { pace } from './pace.mjs';
import { profiled } from './profile.mjs';

const { comparableSteps, warmUpSteps, measureMs, fewest, gpuBlockSteps } = pace;
const { network: name, backend, device, steps, profile } = JSON.parse(process.argv[2]);
const network = { ...networks, ...trial }[name];

async function measure({ kind }) {
  const open = openNetwork(network);
  const losses = [];
  for (let step = 0; step < comparableSteps; step++) losses.push(await read(open.step(false)));
  for (let step = 0; step < warmUpSteps; step++) await read(open.step(true));
  if (profile) return { profile: await profiled(() => read(open.step(true))) };
  const block = kind === 'gpu' ? gpuBlockSteps : 1;
  const stepMs = await timed(async () => {
    for (let step = 1; step < block; step++) open.step(true).dispose();
    await read(open.step(true));
  }, block);
  for (let run = 0; run < warmUpSteps; run++) await open.predict();
  const predictMs = await timed(open.predict);
  // Kilobytes, by Node on every platform.
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  return { weights: weightCount(network), losses, stepMs, predictMs, peakBytes };
}

/** Milliseconds of one of `block` things that a run does, run by run. */
async function timed(run, block = 1) {
  const times = [];
  let total = 0;
  while (times.length < steps && (times.length < fewest || total < measureMs)) {
    const start = performance.now();
    await run();
    const elapsed = performance.now() - start;
    times.push(elapsed / block);
    total += elapsed;
  }
  return times;
}

async function read(loss) {
  const [value] = await loss.data();
  loss.dispose();
  return value;
}

/** Processor time of this whole process. */
function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

let info;
try {
  info = await useBackend(backend, { device });
} catch (thrown) {
  console.log(JSON.stringify({ absent: thrown.message, cpuMs: cpuMs() }));
  process.exit(0);
}
const result = await measure(info);
console.log(JSON.stringify({ ...result, device: info.device, cpuMs: cpuMs() }));
