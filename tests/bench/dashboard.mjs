// What the page costs: how long until a run of many sites and rounds is seen, and what open pages take of the
// coordinator. The coordinator is a process of its own, its sites speak the real protocol and train for some minutes; the
// rounds behind them are written into its journal beforehand.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { runFile } from '@consilium/shared/contract';
import { startCoordinator } from './consortium/coordinator.mjs';
import { openLead } from './consortium/lead.mjs';
import { startSites } from './consortium/sites.mjs';
import { openBrowser } from './dashboard.browser.mjs';
import { writeRounds } from './dashboard.history.mjs';
import { openPages } from './dashboard.pages.mjs';
import { median } from './measuring/interleaved.mjs';

const sites = 50;
const rounds = 200;
const pages = 20;
const processes = 2;
const visits = 5;
const windowMs = 15_000;
const settleMs = 3_000;
const goalSeconds = 1;
const goalShare = 0.1;
const program = fileURLToPath(new URL('dashboard.sites.mjs', import.meta.url));
const classes = ['x', 'y', 'z'];

const run = runFile.parse({
  name: 'dashboard-bench',
  model: {
    ...{ family: 'attention-aml', preset: 'small', classes },
    options: { width1: 16, width2: 8, tokens1: 2, tokens2: 2, heads1: 1, heads2: 1 },
  },
  data: { kind: 'expression-table', label: 'label', files: { features: 'table.csv' } },
  training: { rounds: 2 * rounds, optimizer: { name: 'sgd', rate: 0.1 } },
});

export async function bench() {
  const home = await mkdtemp(join(tmpdir(), 'consilium-bench-'));
  const lead = openLead();
  const groups = [];
  let coordinator = startCoordinator(home, lead);
  try {
    const url = await coordinator.address;
    await lead.adopt(url);
    const names = Array.from({ length: sites }, (_, index) => `hospital-${String(index + 1).padStart(2, '0')}`);
    for (let index = 0; index < processes; index++) {
      const own = names.filter((_, place) => place % processes === index);
      groups.push(await startSites({ program, lead, names: own }));
    }
    const path = await lead.launch(run);
    await until(lead, path, ({ step }) => step === 'train:0:1');
    await coordinator.close();
    await writeRounds(home, path.split('/').at(-1), rounds);
    coordinator = startCoordinator(home, lead, { port: new URL(url).port });
    await coordinator.address;
    await until(lead, path, ({ turnout, sites: all }) => {
      return turnout.connected === sites && all.every(({ activity }) => activity === 'training');
    });
    const user = await lead.json('POST', '/api/users', { name: 'Bench', sight: { role: 'lead' } });
    return await measure({ coordinator, url, run: path.split('/').at(-1), cookie: await signIn(url, user.link) });
  } finally {
    await Promise.all(groups.map((group) => group.close()));
    await coordinator.close();
    await rm(home, { recursive: true, force: true });
  }
}

async function measure({ coordinator, url, run, cookie }) {
  const { page, empty } = await visit({ url, run, cookie });
  const share = async () => {
    await pause(settleMs);
    const [before, start] = [await coordinator.processorSeconds(), performance.now()];
    await pause(windowMs);
    return (1000 * ((await coordinator.processorSeconds()) - before)) / (performance.now() - start);
  };
  const first = await share();
  const open = await openPages({ url, run, cookie, pages });
  const watched = await share();
  const { states } = await open.close();
  const alone = (first + (await share())) / 2;
  const seconds = (ms) => `${(ms / 1000).toFixed(3)} s`;
  const percent = (value) => `${(100 * value).toFixed(1)} % of one core`;
  const of = `${sites} sites × ${rounds} rounds`;
  return [
    {
      what: `a run of ${of} is seen, median of ${visits}, nothing cached`,
      ...{ value: seconds(page), ratio: page / 1000 / goalSeconds, to: `${goalSeconds} s`, goal: { atMost: 1 } },
    },
    {
      what: 'an answer of the same server without a page',
      ...{ value: seconds(empty), ratio: page / empty, to: 'of that is the run' },
    },
    {
      what: `coordinator, live run of ${of}, ${pages} pages (${states} states sent)`,
      ...{ value: percent(watched), ratio: watched / goalShare, to: percent(goalShare), goal: { atMost: 1 } },
    },
    { what: 'the same without a page', value: percent(alone), ratio: watched / alone, to: 'of that with pages' },
  ];
}

/** Milliseconds from the start of a navigation until the sites of the run stand on the screen, and until any answer does. */
async function visit({ url, run, cookie }) {
  const browser = await openBrowser();
  const times = { page: [], empty: [] };
  try {
    for (let round = -1; round < visits; round++) {
      for (const [name, address, lines] of [
        ['empty', `${url}/api/identity`, 0],
        ['page', `${url}/#/run/${run}`, sites],
      ]) {
        const ms = await browser.seen(address, { cookie, lines });
        if (round >= 0) times[name].push(ms);
      }
    }
  } finally {
    await browser.close();
  }
  return { page: median(times.page), empty: median(times.empty) };
}

async function signIn(url, link) {
  const token = /#setup=([\w-]+)/.exec(link)[1];
  const answer = await fetch(`${url}/api/setup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify({ token, password: 'a long pass phrase' }),
  });
  if (!answer.ok) throw new Error(`signing in: ${await answer.text()}`);
  return answer.headers.get('set-cookie').split(';', 1)[0];
}

async function until(lead, path, wanted) {
  for (let tries = 0; tries < 240; tries++) {
    const view = await lead.json('GET', path);
    if (wanted(view)) return;
    if (view.phase === 'closed') throw new Error(`the run is closed at ${view.step}: ${view.error?.code}`);
    await pause(250);
  }
  throw new Error('the run does not get there');
}
