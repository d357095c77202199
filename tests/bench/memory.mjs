// Peak memory of a coordinator, a process of its own as an operator starts it, while its sites fetch a large model and
// send their updates: with few sites and with many. What it may take must not follow the number of sites.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startCoordinator } from './consortium/coordinator.mjs';
import { openLead } from './consortium/lead.mjs';
import { runOf, untilTrained } from './consortium/run.mjs';
import { startSites } from './consortium/sites.mjs';
import { featuresVariable } from './memory.parts.mjs';

const few = 5;
const many = 20;
const rounds = 2;
const processes = 2;
const mebibyte = 2 ** 20;
const sitesProgram = fileURLToPath(new URL('memory.sites.mjs', import.meta.url));

/** The human genes before the paper's widths, doubled: 20.8 million parameters, some 80 MB. */
const features = 20_000;
const options = { width1: 1024, width2: 256, tokens1: 16, tokens2: 16, heads1: 8, heads2: 4 };

export async function bench() {
  const [less, more] = [await peak(few), await peak(many)];
  const what = (sites) =>
    `peak with ${sites} sites, a model of ${(less.modelBytes / 1e6).toFixed(0)} MB, ${rounds} rounds`;
  const shown = (bytes) => `${(bytes / mebibyte).toFixed(0)} MiB`;
  return [
    { what: 'at rest', value: shown(less.restBytes) },
    { what: what(few), value: shown(less.peakBytes) },
    {
      what: what(many),
      value: shown(more.peakBytes),
      ratio: more.peakBytes / less.peakBytes,
      to: `that with ${few}`,
      goal: { atMost: 1.15 },
    },
  ];
}

/** A whole run with so many sites; what the coordinator's process took. */
async function peak(sites) {
  const home = await mkdtemp(join(tmpdir(), 'consilium-bench-'));
  const lead = openLead();
  const coordinator = startCoordinator(home, lead);
  const groups = [];
  try {
    await lead.adopt(await coordinator.address);
    const names = Array.from({ length: sites }, (_, index) => `hospital-${index + 1}`);
    const environment = { [featuresVariable]: String(features) };
    for (let index = 0; index < processes; index++) {
      const own = names.filter((_, place) => place % processes === index);
      groups.push(await startSites({ program: sitesProgram, lead, names: own, environment }));
    }
    const restBytes = await coordinator.memory('VmRSS');
    const path = await lead.launch(runOf('memory-bench', rounds, options));
    await untilTrained(lead, path);
    const peakBytes = await coordinator.memory('VmHWM');
    await lead.json('POST', `${path}/command`, { command: 'stop' });
    const modelBytes = (await lead.call('GET', `${path}/model`)).length;
    return { restBytes, peakBytes, modelBytes };
  } finally {
    await Promise.all(groups.map((group) => group.close()));
    await coordinator.close();
    await rm(home, { recursive: true, force: true });
  }
}
