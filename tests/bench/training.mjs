// Time of a training step and of a prediction, by network and backend, against PyTorch eager on the same processor with the
// same weights and batch. Every run is a process of its own, and they take turns: absolute times move with the machine.
// Options stand behind a second `--`: `npm run bench -- training -- --networks vgg19 --backends native`.
import { figuresOf, othersOf } from './training/figures.mjs';
import { othersLimit } from './training/load.mjs';
import { networks, trial } from './training/networks.mjs';
import { optionsOf } from './training/options.mjs';
import { printProfile } from './training/profile.mjs';
import { findPeer, runOurs, runPeer } from './training/runtimes.mjs';
import { checkTwins } from './training/twins.mjs';

export async function bench(words = []) {
  const options = optionsOf(words);
  return options.profile ? profiles(options) : times(options);
}

async function times({ networks: names, backends, device, rounds, steps, peer: wanted }) {
  const peer = wanted ? await findPeer(device) : null;
  console.error(peer === null ? 'Without PyTorch: no ratios to it.' : `PyTorch ${peer.text}, eager, 2 threads.`);
  const runtimes = peer === null ? backends : [...backends.slice(0, 1), 'pytorch', ...backends.slice(1)];
  /** Results by network and runtime, one a round. */
  const results = Object.fromEntries(names.map((name) => [name, Object.fromEntries(runtimes.map((one) => [one, []]))]));
  const absent = new Set();
  /** What each backend runs on. */
  const devices = new Map();
  for (let round = 1; round <= rounds; round++) {
    for (const network of names) {
      for (const runtime of runtimes) {
        if (absent.has(runtime)) continue;
        const result = await (runtime === 'pytorch'
          ? runPeer({ ...networks, ...trial }[network], steps, peer.device)
          : runOurs({ network, backend: runtime, device, steps }));
        if (result.absent !== undefined) {
          absent.add(runtime);
          console.error(`Without ${runtime}: ${result.absent}`);
          continue;
        }
        if (result.device !== undefined && !devices.has(runtime)) devices.set(runtime, result.device);
        results[network][runtime].push(result);
      }
      if (round === 1) checkTwins(network, results[network]);
    }
  }
  const present = runtimes.filter((runtime) => !absent.has(runtime));
  const runs = names.flatMap((name) => present.flatMap((runtime) => results[name][runtime]));
  for (const [runtime, name] of devices) console.error(`${runtime} on ${name}.`);
  if (runs.length > 0) sayLoad(runs);
  const figures = names.flatMap((name) => figuresOf(name, results, present));
  // The goals are for processors.
  return device === 'gpu' ? figures.map(({ goal, ...figure }) => figure) : figures;
}

function sayLoad(runs) {
  const percent = (share) => `${(100 * share).toFixed(0)} %`;
  const [typical, most] = [othersOf(runs), Math.max(...runs.map(({ othersShare }) => othersShare))];
  console.error(
    `Other programs took ${percent(typical)} of the processors, ${percent(most)} at most; goals are judged up to ${percent(othersLimit)}.`,
  );
}

async function profiles({ networks: names, backends, device }) {
  for (const network of names) {
    for (const backend of backends) {
      const result = await runOurs({ network, backend, device, profile: true });
      if (result.absent === undefined) printProfile(`${network}, ${backend}`, result.profile);
      else console.error(`Without ${backend}: ${result.absent}`);
    }
  }
  return [];
}
