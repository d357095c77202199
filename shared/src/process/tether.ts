import { Worker } from 'node:worker_threads';

const pollMs = 500;
const variable = 'CONSILIUM_TETHER';

// Runs on its own thread, so that a process deep in a computation still notices that its parent is gone.
const watch = `
  const { workerData } = require('node:worker_threads');
  setInterval(() => {
    if (process.ppid !== workerData.parent) process.kill(process.pid, 'SIGKILL');
  }, workerData.pollMs);
`;

/** The environment to start a child with that must not outlive this process. */
export const tetheredEnvironment = (environment: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv => ({
  ...environment,
  [variable]: String(process.pid),
});

/**
 * Ties this process to the parent that asked for it (`tetheredEnvironment`): within a second of the parent's
 * death, however it died and whatever this process is doing, it is killed. Call it first thing in a child.
 * Without that wish it does nothing.
 */
export function tether(): void {
  const parent = Number(process.env[variable]);
  delete process.env[variable];
  if (!Number.isInteger(parent) || parent <= 0) return;
  new Worker(watch, { eval: true, execArgv: [], workerData: { parent, pollMs } }).unref();
}
