// Blobs between two processes on loopback, sealed against the same path unsealed. Uploads end in the coordinator's blob folder:
// written, digested, sealed at rest, flushed, renamed. Downloads come from it. Then a large one, with restarts of the agent on
// the way; then the memory of a whole coordinator whose sites move a large model.
import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasNativeMasking } from '@consilium/shared/wire';
import { median } from './measuring/interleaved.mjs';
import { onQuietMachine } from './measuring/machine.mjs';
import { memoryFigures } from './transfer.memory.mjs';
import { optionsOf } from './transfer.options.mjs';
import { folderVariable, mebibytes } from './transfer.parts.mjs';

const rounds = 7;
const restarts = 2;
const mebibyte = 2 ** 20;
const goalGibibytes = 0.25;
/** What may be sent again after a restart: one window. */
const windowMebibytes = 8;

export const bench = (words = []) => {
  const { siteCounts, largeMegabytes } = optionsOf(words);
  return onQuietMachine(async () => [
    ...(await pairFigures(largeMegabytes * 1e6)),
    ...(await memoryFigures(siteCounts)),
  ]);
};

async function pairFigures(largeBytes) {
  const folder = await mkdtemp(join(tmpdir(), 'consilium-bench-'));
  const processes = [];
  try {
    for (const name of ['coordinator', 'site']) processes.push(await start(name, folder));
    const pair = { coordinator: processes[0], site: processes[1], ports: await processes[0].ask({}) };
    return [...(await speedFigures(pair)), ...(largeBytes === 0 ? [] : await largeFigures(pair, largeBytes))];
  } finally {
    await Promise.all(processes.map(({ stop }) => stop()));
    await rm(folder, { recursive: true, force: true });
  }
}

async function speedFigures({ coordinator, site, ports }) {
  const bytes = mebibytes * mebibyte;
  const hash = await site.ask({ what: 'begin', ports, bytes });
  const empty = () => ({ sealed: [], plain: [] });
  const [times, cpu] = [
    { up: empty(), down: empty() },
    { up: empty(), down: empty() },
  ];
  const bare = [];
  const wire = [];
  for (let round = -1; round < rounds; round++) {
    bare.push(await coordinator.ask({ alone: mebibytes }));
    const { cpuSeconds } = await coordinator.ask({ count: true });
    await site.ask({ what: 'wire', bytes });
    wire.push((await coordinator.ask({ count: true })).cpuSeconds - cpuSeconds);
    for (const mode of ['sealed', 'plain']) {
      for (const way of ['up', 'down']) {
        const before = await coordinator.ask({ count: true });
        const started = performance.now();
        await site.ask({ what: 'move', mode, way, hash, bytes });
        const ms = performance.now() - started;
        const after = await coordinator.ask({ count: true });
        if (round < 0) continue;
        times[way][mode].push(ms);
        cpu[way][mode].push(after.cpuSeconds - before.cpuSeconds);
      }
      await coordinator.ask({ forget: hash });
    }
  }
  const masking = hasNativeMasking(createRequire(import.meta.url)) ? 'with bufferutil' : 'without bufferutil';
  return [
    ...figures(`upload of ${mebibytes} MiB to disk`, times.up, { atLeast: 0.5 }),
    {
      what: `the same, ${masking}: of the coordinator's processor, digest and spool included`,
      value: perSecond(median(cpu.up.sealed)),
      ratio: mebibytes / 1024 / median(cpu.up.sealed) / goalGibibytes,
      ...{ to: `${goalGibibytes}`, goal: { atLeast: 1 } },
    },
    {
      what: 'digest, opening, sealing and a copy of as many bytes alone, in the same process',
      value: perSecond(median(bare)),
      ratio: median(bare) / median(cpu.up.sealed),
      to: 'of the time of an upload is this',
    },
    {
      what: 'these, and as many bytes through socket.io alone',
      value: perSecond(median(bare) + median(wire)),
      ratio: (median(bare) + median(wire)) / median(cpu.up.sealed),
      to: 'of the time of an upload is this',
    },
    {
      what: 'an upload unsealed on its way',
      value: perSecond(median(cpu.up.plain)),
    },
    ...figures(`download of ${mebibytes} MiB from disk`, times.down),
    { what: 'the same', value: perSecond(median(cpu.down.sealed)) },
  ];
}

const perSecond = (cpuSeconds) => `${(mebibytes / 1024 / cpuSeconds).toFixed(3)} GiB a CPU-second`;

/** One large blob up, then down, each with restarts of the agent on its way. */
async function largeFigures({ coordinator, site, ports }, bytes) {
  const hash = await site.ask({ what: 'begin', ports, bytes });
  const found = [];
  for (const [way, counted] of [
    ['up', 'receivedBytes'],
    ['down', 'sentBytes'],
  ]) {
    const before = await coordinator.ask({ count: true });
    const started = performance.now();
    await site.ask({ what: 'move', mode: 'sealed', way, hash, bytes, restarts });
    const seconds = (performance.now() - started) / 1000;
    const after = await coordinator.ask({ count: true });
    const again = (after[counted] - before[counted] - bytes) / mebibyte / restarts;
    found.push({
      what: `${way === 'up' ? 'upload' : 'download'} of ${(bytes / 1e6).toFixed(0)} MB in ${seconds.toFixed(1)} s, the agent started again ${restarts} times: sent twice at each`,
      value: `${again.toFixed(2)} MiB`,
      ratio: again / windowMebibytes,
      ...{ to: `a window of ${windowMebibytes} MiB`, goal: { atMost: 1.1 } },
    });
  }
  await coordinator.ask({ forget: hash });
  return found;
}

function figures(what, times, goal) {
  const [sealed, plain] = [median(times.sealed), median(times.plain)];
  const speed = (ms) => `${((mebibytes * 1000) / ms).toFixed(0)} MiB/s`;
  return [
    {
      what: `${what}, sealed`,
      value: speed(sealed),
      ratio: plain / sealed,
      to: 'the same unsealed',
      ...(goal && { goal }),
    },
    { what: `${what}, unsealed`, value: speed(plain) },
  ];
}

/** A process that answers one message at a time. */
async function start(name, folder) {
  const path = fileURLToPath(new URL(`./transfer.${name}.mjs`, import.meta.url));
  const child = fork(path, { env: { ...process.env, [folderVariable]: folder } });
  const answers = new Map();
  const wait = (id) =>
    new Promise((resolve, reject) => {
      answers.set(id, resolve);
      child.once('exit', (code) => reject(new Error(`the ${name} of the bench ended with ${code}`)));
    });
  child.setMaxListeners(0);
  child.on('message', ({ id, answer }) => answers.get(id)?.(answer));
  await wait('ready');
  let asked = 0;
  return {
    ask(message) {
      const id = asked++;
      const answer = wait(id);
      child.send({ id, ...message });
      return answer;
    },
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null) return resolve();
        child.once('exit', resolve);
        child.disconnect();
      }),
  };
}
