import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Share of the processors' time that other programs may take while goals are judged. Beyond it only ratios mean something. */
const othersLimit = 0.1;
const ticksEachSecond = 100;
const percent = (share) => `${(100 * share).toFixed(0)} %`;

/**
 * Runs a bench, and says how busy other programs kept the machine meanwhile. On a busy one no goal is judged.
 * @param {() => Promise<object[]>} run gives figures; every process that it started has ended when it is done
 */
export async function onQuietMachine(run) {
  const [busy, own, start] = [busyMs(), ownMs(), performance.now()];
  const figures = await run();
  const seconds = (performance.now() - start) / 1000;
  const others = Math.max(0, (busyMs() - busy - (ownMs() - own)) / (1000 * seconds * cpus().length));
  const note =
    others > othersLimit ? `goals are not judged above ${percent(othersLimit)}` : `${seconds.toFixed(0)} s in all`;
  return [
    ...figures.map(({ goal, ...figure }) =>
      goal === undefined || others > othersLimit ? unjudged(figure, goal) : { ...figure, goal },
    ),
    { what: 'of the processors, taken by other programs meanwhile', value: percent(others), to: note },
  ];
}

/** Still says what would have been wanted. */
const unjudged = (figure, goal) => (goal === undefined ? figure : { ...figure, wanted: goal });

const busyMs = () => cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0);

/** Processor time of this process and of its ended children, theirs included. Only Linux tells. */
function ownMs() {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const times = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 15)
    .map(Number);
  return (1000 * times.reduce((sum, ticks) => sum + ticks, 0)) / ticksEachSecond;
}
