import { median } from '../measuring/interleaved.mjs';
import { othersLimit } from './load.mjs';
import { goals, secondGoals } from './networks.mjs';

const mebibyte = 2 ** 20;

/** Figures of one network: medians over the rounds of each run's median. */
export function figuresOf(network, results, runtimes) {
  const own = results[network];
  const peer = runtimes.includes('pytorch') ? 'pytorch' : null;
  const ours = runtimes.filter((runtime) => runtime !== 'pytorch');
  return [
    ...(peer === null ? [] : [timeFigure(network, own, peer, 'stepMs')]),
    ...ours.flatMap((runtime) => [
      {
        ...timeFigure(network, own, runtime, 'stepMs'),
        ...(peer && ratio(own, runtime, own, peer, 'stepMs')),
        ...(peer && judged(peer, goals[runtime]?.[network], [own[runtime], own[peer]])),
      },
      ...secondFigures(network, results, runtime, peer),
    ]),
    ...betweenFigures(network, own, ours),
    ...(peer === null ? [] : [timeFigure(network, own, peer, 'predictMs')]),
    ...ours.map((runtime) => ({
      ...timeFigure(network, own, runtime, 'predictMs'),
      ...(peer && ratio(own, runtime, own, peer, 'predictMs')),
    })),
    ...runtimes.map((runtime) => ({
      what: `${network}, ${runtime}: peak memory`,
      value: `${(middle(own, runtime, 'peakBytes') / mebibyte).toFixed(0)} MiB`,
      ...(peer && runtime !== peer && ratio(own, runtime, own, peer, 'peakBytes')),
    })),
  ];
}

const names = { stepMs: 'step', predictMs: 'predict' };

function timeFigure(network, own, runtime, measure) {
  const each = own[runtime].map((result) => median(result[measure]));
  const range = each.length > 1 ? ` (${Math.min(...each).toFixed(1)}–${Math.max(...each).toFixed(1)})` : '';
  return { what: `${network}, ${runtime}: ${names[measure]}`, value: `${median(each).toFixed(1)} ms${range}` };
}

/** A step with dropout against PyTorch's without, where both were run. */
function secondFigures(network, results, runtime, peer) {
  const goal = secondGoals[runtime]?.[network];
  if (peer === null || goal === undefined || results[goal.to] === undefined) return [];
  return [
    {
      ...timeFigure(network, results[network], runtime, 'stepMs'),
      ratio: middle(results[network], runtime, 'stepMs') / middle(results[goal.to], peer, 'stepMs'),
      ...judged(`${peer}, ${goal.to}`, goal.atMost, [results[network][runtime], results[goal.to][peer]]),
    },
  ];
}

/** Our backends among themselves: each against the first. */
const betweenFigures = (network, own, [first, ...others]) =>
  others.map((runtime) => ({
    ...timeFigure(network, own, runtime, 'stepMs'),
    ...ratio(own, runtime, own, first, 'stepMs'),
  }));

const ratio = (own, runtime, others, to, measure) => ({
  ratio: middle(own, runtime, measure) / middle(others, to, measure),
  to,
});

/** The goal of a ratio, unless the machine had too much else to do during the runs of either side: then it says that. */
function judged(to, atMost, sides) {
  if (atMost === undefined) return { to };
  return sides.every((runs) => othersOf(runs) <= othersLimit)
    ? { to, goal: { atMost } }
    : { to: `${to} (busy machine: ≤ ${atMost}× not judged)` };
}

/** Share of the processors that other programs took during these runs. */
export const othersOf = (runs) => median(runs.map(({ othersShare }) => othersShare));

const middle = (own, runtime, measure) => median(own[runtime].map((result) => median([result[measure]].flat())));
