import { cpus } from 'node:os';

/**
 * Share of the processors' time that other programs may take while goals are judged. Beyond it the ratios are wrong, not just
 * noisy: two OpenMP threads that must wait for one another stand still whenever one of them is put aside, so on two busy cores
 * PyTorch has been seen to take ten times as long, and slower with two threads than with one; the native backend far less so.
 */
export const othersLimit = 0.1;

/**
 * Runs a process that reports its own processor time as `cpuMs`.
 * @returns what it gave, with `othersShare`: the share of all processors' time that other programs took meanwhile
 */
export async function watched(run) {
  const [busy, own, start] = [busyMs(), process.cpuUsage(), performance.now()];
  const result = await run();
  const available = (performance.now() - start) * cpus().length;
  const { user, system } = process.cpuUsage(own);
  const others = busyMs() - busy - result.cpuMs - (user + system) / 1000;
  return { ...result, othersShare: Math.max(0, others / available) };
}

const busyMs = () => cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0);
