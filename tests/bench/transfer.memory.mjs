// Peak memory of a coordinator, a process of its own as an operator starts it, while its sites fetch a large model and
// send their updates: with few sites and with many. What it may take must not follow the number of sites.
import { networks, startLightSites } from './consortium/light-sites.parts.mjs';
import { withCoordinator } from './consortium/place.mjs';
import { runOf, untilTrained } from './consortium/run.mjs';

/** With more sites, one round moves as much as several do with few. */
const few = 20;
const mebibyte = 2 ** 20;
const goalMebibytes = 320;
const shown = (bytes) => `${(bytes / mebibyte).toFixed(0)} MiB`;

/** @param {readonly number[]} siteCounts */
export async function memoryFigures(siteCounts) {
  const figures = [];
  for (const sites of siteCounts) {
    const rounds = sites > few ? 1 : 2;
    const { restBytes, peakBytes, modelBytes, seconds } = await peak(sites, rounds);
    if (figures.length === 0) figures.push({ what: 'memory of a coordinator at rest', value: shown(restBytes) });
    figures.push({
      what: `its peak with ${sites} sites, a model of ${(modelBytes / 1e6).toFixed(0)} MB, ${rounds} rounds in ${seconds.toFixed(0)} s`,
      value: shown(peakBytes),
      ratio: peakBytes / mebibyte / goalMebibytes,
      ...{ to: `${goalMebibytes} MiB`, goal: { atMost: 1 } },
    });
  }
  return figures;
}

/** A run with so many sites, up to its test; what the coordinator's process took. */
const peak = (sites, rounds) =>
  withCoordinator(async ({ lead, groups, coordinator }) => {
    const network = networks.large;
    groups.push(await startLightSites({ lead, sites, processes: 2, network }));
    const restBytes = await coordinator().memory('VmRSS');
    const began = performance.now();
    const path = await lead.launch(runOf('memory-bench', rounds, network.options));
    await untilTrained(lead, path);
    const seconds = (performance.now() - began) / 1000;
    const peakBytes = await coordinator().memory('VmHWM');
    await lead.json('POST', `${path}/command`, { command: 'stop' });
    const modelBytes = (await lead.call('GET', `${path}/model`)).length;
    return { restBytes, peakBytes, modelBytes, seconds };
  });
