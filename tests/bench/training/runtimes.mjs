import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { watched } from './load.mjs';
import { batchOf, startingWeights } from './network.mjs';
import { pace } from './pace.mjs';

const run = promisify(execFile);
const measured = fileURLToPath(new URL('measured.mjs', import.meta.url));
const peer = fileURLToPath(new URL('peer.py', import.meta.url));
const python = 'python3';
/** As many as the machines of the goals have. */
const peerThreads = 2;

/** PyTorch's version and what it runs on; null where it cannot be had, on a GPU if that was asked for. */
export async function findPeer(device) {
  const wanted = device === 'gpu' ? 'cuda' : 'cpu';
  const ask = `import torch; print(torch.__version__, "on", torch.cuda.get_device_name() if "${wanted}" == "cuda" else "the processor")`;
  try {
    return { device: wanted, text: (await run(python, ['-c', ask])).stdout.trim() };
  } catch {
    return null;
  }
}

/** A run of one of our backends in a process of its own; `{ absent }` where it cannot be had. */
export const runOurs = (request) => watched(() => lineOf(run(process.execPath, [measured, JSON.stringify(request)])));

/** A run of PyTorch in a process of its own, from the same weights on the same batch. */
export async function runPeer(network, steps, device) {
  const { batch, sample, classes, twin } = network;
  const folder = await mkdtemp(join(tmpdir(), 'consilium-bench-'));
  try {
    const { x, y } = batchOf(network);
    const weights = startingWeights(network);
    const values = join(folder, 'values');
    await writeFile(values, Buffer.concat([weights, x].map((part) => new Uint8Array(part.buffer))));
    const labels = classes === null ? null : [...y];
    const valueCount = weights.length + x.length;
    const request = {
      ...twin,
      ...pace,
      device,
      values,
      valueCount,
      batch,
      sample,
      labels,
      steps,
      threads: peerThreads,
    };
    return await watched(() => lineOf(run(python, [peer, JSON.stringify(request)])));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const lineOf = async (running) => JSON.parse((await running).stdout.trim().split('\n').at(-1));
