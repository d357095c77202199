// Loaded into a coordinator's process before its own program, and only by a bench: answers what no other process can see.
import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';

const resolutionMs = 5;
const delay = monitorEventLoopDelay({ resolution: resolutionMs });
delay.enable();

const ask = {
  /** How late the event loop came, in milliseconds, since the last time that this was asked. */
  stall() {
    const late = (ns) => Math.max(0, ns / 1e6 - resolutionMs);
    const seen = { p50: late(delay.percentile(50)), p99: late(delay.percentile(99)), max: late(delay.max) };
    delay.reset();
    return seen;
  },
  /** What is held once everything that can be collected is gone, in bytes. */
  async memory() {
    for (let sweep = 0; sweep < 2; sweep++) {
      globalThis.gc();
      await turn();
    }
    return process.memoryUsage();
  },
  /** Open files of any kind, and what keeps the event loop alive. */
  handles() {
    return { files: readdirSync('/proc/self/fd').length, resources: process.getActiveResourcesInfo().length };
  },
};

process.on('message', async ({ id, what }) => process.send({ id, answer: await ask[what]() }));
// The coordinator ends when it is told to, not when the bench lets go of it.
process.channel.unref();
