// One blob between two processes on loopback, sealed against the same path unsealed. Uploads end in the coordinator's
// blob folder: written, sealed at rest, flushed, renamed. Downloads come from it.
import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median } from './measuring/interleaved.mjs';
import { folderVariable, mebibytes } from './transfer.parts.mjs';

const rounds = 7;

export async function bench() {
  const folder = await mkdtemp(join(tmpdir(), 'consilium-bench-'));
  const processes = [];
  try {
    for (const name of ['coordinator', 'site']) processes.push(await start(name, folder));
    const [coordinator, site] = processes;
    const hash = await site.ask({ ports: await coordinator.ask({}) });
    const times = { up: { sealed: [], plain: [] }, down: { sealed: [], plain: [] } };
    for (let round = -1; round < rounds; round++) {
      for (const mode of ['sealed', 'plain']) {
        for (const way of ['up', 'down']) {
          const started = performance.now();
          await site.ask({ mode, way });
          if (round >= 0) times[way][mode].push(performance.now() - started);
        }
        await coordinator.ask({ forget: hash });
      }
    }
    return [
      ...figures(`upload of ${mebibytes} MiB to disk`, times.up, { atLeast: 0.5 }),
      ...figures(`download of ${mebibytes} MiB from disk`, times.down),
    ];
  } finally {
    await Promise.all(processes.map(({ stop }) => stop()));
    await rm(folder, { recursive: true, force: true });
  }
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
        child.kill();
      }),
  };
}
