// The kernels against a copy of the same bytes and against plain JavaScript; whole folds in processes of their own.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { kernels } from '@consilium/coordinator/aggregation';
import { encodeWeights } from '@consilium/shared/weights';
import { openPlace } from './aggregation.blobs.mjs';
import { interleaved } from './measuring/interleaved.mjs';

const tileElements = 2 ** 18;
const tiles = 80;
const modelElements = 20_000_000;
const siteCounts = [5, 20];

export async function bench() {
  return [...(await kernelFigures()), ...(await foldFigures())];
}

async function kernelFigures() {
  const inputs = Array.from({ length: tiles }, (_, index) => noise(tileElements, index + 1));
  const copies = inputs.map(() => new Float32Array(tileElements));
  const wasm = kernels.wasm();
  const js = kernels.js();
  const over = (work) => () => inputs.forEach(work);
  const sums = { wasm: wasm.accumulator(tileElements), js: js.accumulator(tileElements) };
  // Sums as large as the model, so that no cache holds them: what a fold avoids by going tile by tile.
  const wide = inputs.map(() => wasm.accumulator(tileElements));
  for (const accumulator of [sums.wasm, sums.js, ...wide]) accumulator.clear();
  const ms = await interleaved(
    {
      memcpy: over((input, index) => copies[index].set(input)),
      wasm: over((input) => sums.wasm.add(input, 0.05)),
      js: over((input) => sums.js.add(input, 0.05)),
      wide: over((input, index) => wide[index].add(input, 0.05)),
      wasmCheck: over((input, index) => wasm.differenceSquares(input, copies[index])),
      jsCheck: over((input, index) => js.differenceSquares(input, copies[index])),
    },
    { rounds: 15, warmUp: 3 },
  );
  const speed = (name) => `${((tiles * 1000) / ms[name]).toFixed(0)} MiB/s`;
  const figure = (what, name, to, goal) => ({
    what,
    value: speed(name),
    ratio: ms[to] / ms[name],
    to: to === 'memcpy' ? 'memcpy of the same bytes' : 'the plain JS loop',
    ...(goal === undefined ? {} : { goal: { atLeast: goal } }),
  });
  return [
    figure('weighted sum, as a fold does it', 'wasm', 'memcpy', 0.45),
    figure('weighted sum, as a fold does it', 'wasm', 'js', 2),
    figure('weighted sum, sums of model size', 'wide', 'memcpy'),
    figure('weighted sum, JS kernel', 'js', 'memcpy'),
    figure('norm and finiteness', 'wasmCheck', 'memcpy'),
    figure('norm and finiteness', 'wasmCheck', 'jsCheck', 2),
  ];
}

async function foldFigures() {
  const folder = await mkdtemp(join(tmpdir(), 'consilium-bench-'));
  try {
    const hashes = await writeModels(folder, Math.max(...siteCounts) + 1);
    const cases = [];
    for (const sites of siteCounts) cases.push(await foldCase(folder, hashes.slice(0, sites + 1)));
    const [few, many] = cases.map(({ peakBytes }) => peakBytes);
    return [
      ...cases.map(({ sites, foldMs, readMs }) => ({
        what: `fold of an ${(modelElements * 4) / 1e6} MB model, ${sites} sites`,
        value: `${foldMs.toFixed(0)} ms`,
        ratio: foldMs / readMs,
        to: 'reading the same blobs',
      })),
      {
        what: `peak memory of that process, ${siteCounts[1]} sites`,
        value: `${(many / 2 ** 20).toFixed(0)} MiB`,
        ratio: many / few,
        to: `that with ${siteCounts[0]} (${(few / 2 ** 20).toFixed(0)} MiB)`,
        goal: { atMost: 1.15 },
      },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeModels(folder, count) {
  const place = await openPlace(folder);
  const layout = [{ name: 'weights', shape: [modelElements] }];
  const hashes = [];
  for (let index = 0; index < count; index++) {
    const values = noise(modelElements, index + 1);
    hashes.push(await place.blobs.write(encodeWeights({ layout, metadata: {}, values })));
  }
  await place.close();
  return hashes;
}

async function foldCase(folder, hashes) {
  const script = fileURLToPath(new URL('aggregation.fold.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, folder, ...hashes]);
  return JSON.parse(stdout);
}

/** Reproducible values in (−1, 1). */
function noise(length, seed) {
  const values = new Float32Array(length);
  let state = seed;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    values[i] = state / 2 ** 31;
  }
  return values;
}
