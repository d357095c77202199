import { median } from '../measuring/interleaved.mjs';
import { othersLimit } from './load.mjs';
import { goals, secondGoals } from './networks.mjs';

const mebibyte = 2 ** 20;
const peer = 'pytorch';

/** Figures of one network: medians over the rounds of each run's median. `runtimes` are those that could be had. */
export function figuresOf(network, results, runtimes) {
  const own = results[network];
  const ours = runtimes.filter((runtime) => runtime !== peer);
  const hasPeer = runtimes.includes(peer);
  const time = (runtime, measure) => timeFigure(network, own[runtime], runtime, measure);
  /** A figure of ours, with its ratio to PyTorch where there is PyTorch. */
  const against = (runtime, measure, goal) => ({
    ...time(runtime, measure),
    ...(hasPeer && timeRatio(own[runtime], own[peer], peer, measure, goal)),
  });
  const alone = (measure) => (hasPeer ? [time(peer, measure)] : []);
  return [
    ...alone('stepMs'),
    ...ours.flatMap((runtime) => [
      against(runtime, 'stepMs', goals[runtime]?.[network]),
      ...(hasPeer ? withoutDropout(network, results, runtime) : []),
    ]),
    ...ours.slice(1).map((runtime) => ({
      ...time(runtime, 'stepMs'),
      ...timeRatio(own[runtime], own[ours[0]], ours[0], 'stepMs'),
    })),
    ...alone('predictMs'),
    ...ours.map((runtime) => against(runtime, 'predictMs')),
    ...runtimes.map((runtime) => memoryFigure(network, own, runtime, hasPeer)),
  ];
}

const names = { stepMs: 'step', predictMs: 'predict' };

function timeFigure(network, runs, runtime, measure) {
  const each = runs.map((run) => median(run[measure]));
  const range = each.length > 1 ? ` (${Math.min(...each).toFixed(1)}–${Math.max(...each).toFixed(1)})` : '';
  return { what: `${network}, ${runtime}: ${names[measure]}`, value: `${median(each).toFixed(1)} ms${range}` };
}

/** Where the network without dropout was run too: our step with it against PyTorch's without. */
function withoutDropout(network, results, runtime) {
  const goal = secondGoals[runtime]?.[network];
  if (goal === undefined || results[goal.to] === undefined) return [];
  const [ours, theirs] = [results[network][runtime], results[goal.to][peer]];
  return [
    {
      ...timeFigure(network, ours, runtime, 'stepMs'),
      ...timeRatio(ours, theirs, `${peer}, ${goal.to}`, 'stepMs', goal.atMost),
    },
  ];
}

/** A ratio of times and its goal, if any; where other programs held up either side it says so, and has no goal. */
function timeRatio(runs, others, to, measure, atMost) {
  const ratio = middleTime(runs, measure) / middleTime(others, measure);
  const quiet = [runs, others].every((side) => othersOf(side) <= othersLimit);
  if (!quiet) return { ratio, to: `${to}, busy machine${atMost === undefined ? '' : `: ≤ ${atMost}× not judged`}` };
  return { ratio, to, ...(atMost !== undefined && { goal: { atMost } }) };
}

function memoryFigure(network, own, runtime, hasPeer) {
  const bytes = middlePeak(own[runtime]);
  return {
    what: `${network}, ${runtime}: peak memory`,
    value: `${(bytes / mebibyte).toFixed(0)} MiB`,
    ...(hasPeer && runtime !== peer && { ratio: bytes / middlePeak(own[peer]), to: peer }),
  };
}

const middleTime = (runs, measure) => median(runs.map((run) => median(run[measure])));
const middlePeak = (runs) => median(runs.map(({ peakBytes }) => peakBytes));

/** Share of the processors that other programs took during these runs. */
export const othersOf = (runs) => median(runs.map(({ othersShare }) => othersShare));
