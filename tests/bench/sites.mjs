// Many sites on one coordinator, which is a process of its own. Light sites speak the real protocol, some hundred in a process:
// handshake, sealing, certificates, heartbeats; they do not train. Nothing leaves this machine.
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { networks, startLightSites } from './consortium/light-sites.parts.mjs';
import { withCoordinator } from './consortium/place.mjs';
import { journalOf, roundsOf, runOf, untilTrained } from './consortium/run.mjs';
import { median } from './measuring/interleaved.mjs';
import { onQuietMachine } from './measuring/machine.mjs';
import { idleAgent } from './sites.agent.mjs';
import { optionsOf } from './sites.options.mjs';

const stallGoalMs = 100;
const agentGoalMegabytes = 120;
const pollMs = 100;
const quietMs = 5_000;
const stormLimitMs = 120_000;
const mebibyte = 2 ** 20;

export const bench = (words = []) => {
  const options = optionsOf(words);
  return onQuietMachine(async () => [...(await agentFigures()), ...(await manyFigures(options))]);
};

/** What an agent takes that waits. */
const agentFigures = () =>
  withCoordinator(async ({ lead, home }) => {
    const agent = await idleAgent(lead, join(home, 'agent'));
    const megabytes = agent.bytes / 1e6;
    return [
      {
        what: `an agent without a run, ${agent.children} children (at most ${(agent.peakBytes / 1e6).toFixed(0)} MB)`,
        value: `${megabytes.toFixed(0)} MB`,
        ratio: megabytes / agentGoalMegabytes,
        ...{ to: `${agentGoalMegabytes} MB (Flower: 233)`, goal: { atMost: 1 } },
      },
    ];
  });

/** One run of many sites, then a restart under all of them, then as many again that are only connected. */
const manyFigures = ({ sites, rounds, idle, processes }) =>
  withCoordinator(async (place) => {
    const { lead, groups, coordinator } = place;
    const network = networks.small;
    const began = performance.now();
    groups.push(await startLightSites({ lead, sites, processes, network }));
    const enrolled = (performance.now() - began) / 1000;
    await coordinator().gauge('stall');
    const path = await lead.launch(runOf('sites-bench', rounds, network.options));
    await untilTrained(lead, path);
    const run = await coordinator().gauge('stall');
    const peakBytes = await coordinator().memory('VmHWM');
    const times = roundsOf(await journalOf(lead, path)).map(({ totalMs }) => totalMs / 1000);
    const { dropped } = await newsOf(groups);
    await coordinator().gauge('stall');
    const storm = await stormOf(place, sites);

    const more = performance.now();
    groups.push(await startLightSites({ lead, sites: idle, processes, network, from: sites + 1 }));
    const enrolledMore = (performance.now() - more) / 1000;
    await coordinator().gauge('stall');
    const [cpu, start] = [await coordinator().processorSeconds(), performance.now()];
    await pause(quietMs);
    const share = (1000 * ((await coordinator().processorSeconds()) - cpu)) / (performance.now() - start);
    const rest = await coordinator().gauge('stall');
    const all = await newsOf(groups);
    const restBytes = await coordinator().memory('VmRSS');
    const wide = await stormOf(place, sites + idle);
    return [
      {
        what: `${sites} sites invited, enrolled and approved`,
        value: seconds(enrolled),
        ratio: enrolledMore / idle / (enrolled / sites),
        to: `is the time of each of ${idle} more to that`,
      },
      {
        what: `round of ${sites} sites, 83 k parameters, no training: median of ${rounds}`,
        value: seconds(median(times)),
      },
      {
        what: `event loop of the coordinator in that run, late by (p50, p99, most)`,
        value: shownStall(run),
        ratio: run.p99 / stallGoalMs,
        ...{ to: `${stallGoalMs} ms: p99`, goal: { atMost: 1 } },
      },
      { what: 'links lost in that run', value: String(dropped), ratio: dropped, to: 'none', goal: { atMost: 0 } },
      { what: 'most memory of the coordinator by then', value: `${(peakBytes / mebibyte).toFixed(0)} MiB` },
      ...stormFigures(sites, storm),
      {
        what: `${all.connected} connected, nothing to do: processor, event loop late by, memory`,
        value: `${(100 * share).toFixed(1)} % of a core, ${shownStall(rest)}, ${(restBytes / mebibyte).toFixed(0)} MiB`,
        ratio: all.connected / (sites + idle),
        ...{ to: 'of all', goal: { atLeast: 1 } },
      },
      ...stormFigures(sites + idle, wide),
    ];
  });

/** The coordinator dies and is started again; how long until all sites are back. */
async function stormOf({ groups, coordinator, again }, sites) {
  const startSeconds = await again();
  const up = performance.now();
  await coordinator().gauge('stall');
  const cpu = await coordinator().processorSeconds();
  for (;;) {
    const { connected } = await newsOf(groups);
    if (connected === sites) break;
    if (performance.now() - up > stormLimitMs) throw new Error(`${connected} of ${sites} sites are back`);
    await pause(pollMs);
  }
  const back = performance.now();
  return {
    startSeconds,
    backSeconds: (back - up) / 1000,
    cpuSeconds: (await coordinator().processorSeconds()) - cpu,
    stall: await coordinator().gauge('stall'),
  };
}

const stormFigures = (sites, { startSeconds, backSeconds, cpuSeconds, stall }) => [
  {
    what: `the coordinator is killed and started again under ${sites} sites: until it listens, until all are back`,
    value: `${startSeconds.toFixed(1)} + ${backSeconds.toFixed(1)} s`,
  },
  {
    what: `its processor time meanwhile; event loop late by (p50, p99, most)`,
    value: `${cpuSeconds.toFixed(1)} s; ${shownStall(stall)}`,
  },
];

async function newsOf(groups) {
  const told = await Promise.all(groups.map((group) => group.news()));
  return {
    connected: told.reduce((sum, { connected }) => sum + connected, 0),
    dropped: told.reduce((sum, { dropped }) => sum + dropped, 0),
  };
}

const seconds = (value) => `${value.toFixed(2)} s`;
const shownStall = ({ p50, p99, max }) => `${[p50, p99, max].map((ms) => ms.toFixed(0)).join(', ')} ms`;
