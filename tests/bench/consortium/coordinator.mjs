import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const gauge = new URL('gauge.mjs', import.meta.url).href;
const program = fileURLToPath(new URL('../../../coordinator/bin/consilium.js', import.meta.url));
/** Ticks that Linux counts a process's time in; 100 on every architecture that Node runs on. */
const ticksEachSecond = 100;

/** What seals the keys of every coordinator of a bench. */
export const passphrase = 'only for this bench';

/**
 * Starts a coordinator as an operator does: a process of its own. `port` 0 takes any that is free. With `profile`, a folder, it
 * leaves a processor profile there at its end.
 */
export function startCoordinator(home, { publicKey, consortium }, { port = 0, profile = null } = {}) {
  const words = [
    ...['--home', home, '--lead', publicKey, '--consortium', consortium],
    ...['--port', String(port), '--log-level', 'error'],
  ];
  const node = [
    '--expose-gc',
    '--import',
    gauge,
    ...(profile === null ? [] : ['--cpu-prof', '--cpu-prof-dir', profile]),
  ];
  const child = spawn(process.execPath, [...node, program, 'coordinator', 'start', ...words], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: { ...process.env, CONSILIUM_PASSPHRASE: passphrase },
  });
  const ended = once(child, 'exit');
  const address = new Promise((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      const found = /^Coordinator\s+(\S+)$/.exec(line);
      if (found !== null) resolve(found[1]);
    });
    ended.then(([status]) => reject(new Error(`the coordinator ended with ${status}`)), reject);
  });
  const answers = new Map();
  child.on('message', ({ id, answer }) => answers.get(id)?.(answer));
  let asked = 0;
  return {
    address,
    /** Asks the gauge in its process: `stall`, `memory`, `handles`. */
    gauge: (what) =>
      new Promise((resolve, reject) => {
        const id = asked++;
        answers.set(id, (answer) => {
          answers.delete(id);
          resolve(answer);
        });
        ended.then(() => reject(new Error('the coordinator has ended')), reject);
        child.send({ id, what });
      }),
    /** A line of /proc, which only Linux has, in bytes. */
    async memory(line) {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
      return Number(new RegExp(`^${line}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024;
    },
    /** Seconds that processors have worked for it, all threads together. */
    async processorSeconds() {
      const stat = await readFile(`/proc/${child.pid}/stat`, 'utf8');
      // The name of the program may hold blanks; the fields after it do not. They are utime and stime.
      const [user, system] = stat
        .slice(stat.lastIndexOf(')') + 2)
        .split(' ')
        .slice(11, 13)
        .map(Number);
      return (user + system) / ticksEachSecond;
    },
    async close() {
      child.kill();
      await ended;
    },
    /** Ends it as a crash does. */
    async crash() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
