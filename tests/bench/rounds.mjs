// What a round costs besides training, with its parts, for a small and a large model and for many sites; and what a thousand rounds leave behind.
// The coordinator is a process of its own, its sites are light ones in others: they hand back the model that they were given,
// changed in every value.
import { networks, startLightSites } from './consortium/light-sites.parts.mjs';
import { withCoordinator } from './consortium/place.mjs';
import { journalOf, roundsOf, runOf, untilTrained } from './consortium/run.mjs';
import { median } from './measuring/interleaved.mjs';
import { onQuietMachine } from './measuring/machine.mjs';
import { longFigures } from './rounds.long.mjs';
import { optionsOf } from './rounds.options.mjs';

const cases = {
  small: {
    sites: 8,
    network: networks.small,
    shown: '83 k parameters',
    rounds: 20,
    goalSeconds: 0.3,
    others: 'Flower 9.3, NVFlare 2.5',
  },
  many: {
    sites: 32,
    network: networks.small,
    shown: '83 k parameters',
    rounds: 10,
    goalSeconds: 1,
    others: 'Flower 37',
  },
  large: {
    sites: 8,
    network: networks.large,
    shown: '20.8 M parameters',
    rounds: 3,
    goalSeconds: 6,
    others: 'Flower 19.2, NVFlare 6.0',
  },
};

export const bench = (words = []) => {
  const { rounds, only } = optionsOf(words);
  return onQuietMachine(async () => {
    const figures = [];
    for (const name of Object.keys(cases)) if (only.includes(name)) figures.push(...(await roundFigures(cases[name])));
    if (only.includes('long')) figures.push(...(await longFigures(rounds)));
    return figures;
  });
};

const roundFigures = ({ sites, network, shown, rounds, goalSeconds, others }) =>
  withCoordinator(async ({ lead, groups }) => {
    const group = await startLightSites({ lead, sites, processes: 2, network, change: 'all' });
    groups.push(group);
    const path = await lead.launch(runOf('rounds-bench', rounds, network.options));
    await untilTrained(lead, path);
    const times = roundsOf(await journalOf(lead, path));
    const own = (await group.news()).times.filter(({ step }) => step.startsWith('train:'));
    const total = median(times.map(({ totalMs }) => totalMs)) / 1000;
    const part = (what, values) => ({
      what: `  ${what}`,
      value: seconds(median(values) / 1000),
      ...share(values, total),
    });
    return [
      {
        what: `round of ${sites} sites, ${shown}, no training: median of ${rounds}, from assignment to next assignment`,
        value: seconds(total),
        ratio: total / goalSeconds,
        ...{ to: `${goalSeconds} s (${others})`, goal: { atMost: 1 } },
      },
      { what: '  slowest of them', value: seconds(Math.max(...times.map(({ totalMs }) => totalMs)) / 1000) },
      part(
        'a site fetches the model',
        own.map(({ fetchMs }) => fetchMs),
      ),
      part(
        'a site changes it and makes its digest',
        own.map(({ makeMs }) => makeMs),
      ),
      part(
        'a site sends it: sealed, spooled, digested, flushed',
        own.map(({ sendMs }) => sendMs),
      ),
      part(
        'it waits for its verdict: queue, check, journal',
        own.map(({ judgeMs }) => judgeMs),
      ),
      part(
        'from assignment to the first accepted',
        times.map(({ firstMs }) => firstMs),
      ),
      part(
        'from the first accepted to the last',
        times.map(({ firstMs, lastMs }) => lastMs - firstMs),
      ),
      part(
        'fold: read, sum, write, flush',
        times.map(({ foldMs }) => foldMs),
      ),
    ];
  });

const share = (values, total) => ({ ratio: median(values) / 1000 / total, to: 'of the round' });
const seconds = (value) => `${value.toFixed(3)} s`;
