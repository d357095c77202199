// What a round costs besides training: a coordinator in this process, eight sites in two others that hand back the
// model they were given, slightly moved. Times are those of the run's own journal.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startCoordinator } from '@consilium/coordinator/coordinator';
import { decodeHeader, layoutElements } from '@consilium/shared/weights';
import { silentLog } from '@consilium/shared/wire';
import { openLead } from './consortium/lead.mjs';
import { runOf, untilTrained } from './consortium/run.mjs';
import { startSites } from './consortium/sites.mjs';
import { median } from './measuring/interleaved.mjs';

const processes = 2;
const sitesEach = 4;
const rounds = 20;
const goalSeconds = 0.5;
const program = fileURLToPath(new URL('round.sites.mjs', import.meta.url));

/** Widths that, with the sites' 188 features and three classes, give 83,091 parameters. */
const options = { width1: 256, width2: 128, tokens1: 16, tokens2: 16, heads1: 4, heads2: 2 };

export async function bench() {
  const home = await mkdtemp(join(tmpdir(), 'consilium-bench-'));
  const lead = openLead();
  const coordinator = await startCoordinator({
    home,
    passphrase: 'bench',
    consortium: lead.consortium,
    lead: lead.publicKey,
    host: '127.0.0.1',
    port: 0,
    log: silentLog,
  });
  const children = [];
  try {
    await lead.adopt(coordinator.url);
    for (let index = 0; index < processes; index++) {
      const names = Array.from({ length: sitesEach }, (_, place) => `hospital-${index * sitesEach + place + 1}`);
      children.push(await startSites({ program, lead, names }));
    }
    return await measure(lead);
  } finally {
    await Promise.all(children.map((child) => child.close()));
    await coordinator.close();
    await rm(home, { recursive: true, force: true });
  }
}

async function measure(lead) {
  const path = await lead.launch(runOf('round-bench', rounds, options));
  await untilTrained(lead, path);
  const { layout } = decodeHeader(await lead.call('GET', `${path}/model`));
  await lead.json('POST', `${path}/command`, { command: 'stop' });
  const seconds = roundSeconds(Buffer.from(await lead.call('GET', `${path}/journal`)).toString());
  const what = `round of ${processes * sitesEach} sites, ${layoutElements(layout)} parameters, no training`;
  const figure = (name, value) => ({
    what: `${what}: ${name}`,
    value: `${value.toFixed(3)} s`,
    ratio: value / goalSeconds,
    to: `${goalSeconds} s`,
  });
  return [
    { ...figure(`median of ${rounds}`, median(seconds)), goal: { atMost: 1 } },
    figure(`slowest of ${rounds}`, Math.max(...seconds)),
  ];
}

/** Seconds from the opening of each training round to that of what comes after it. */
function roundSeconds(journal) {
  const opened = journal
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ type, body }) => type === 'step-opened' && /^(?:train:|test)/.test(body.step))
    .map(({ time }) => Date.parse(time));
  return opened.slice(1).map((time, index) => (time - opened[index]) / 1000);
}
