// The kernels against a copy of the same bytes and against plain JavaScript; whole folds in processes of their own.
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { kernels, middleOf, nearSquares } from '@consilium/coordinator/aggregation';
import { encodeWeights } from '@consilium/shared/weights';
import { openPlace } from './aggregation.blobs.mjs';
import { interleaved } from './measuring/interleaved.mjs';

const tileElements = 2 ** 18;
const tiles = 80;
const modelElements = 20_000_000;
const siteCounts = [5, 20];
const medianSites = 10;
/** Times that the coordinate-wise median is timed, each time beside NumPy's. */
const medianRounds = 9;

export async function bench() {
  return [...(await kernelFigures()), ...(await medianFigures()), ...(await foldFigures())];
}

async function kernelFigures() {
  const inputs = Array.from({ length: tiles }, (_, index) => noise(tileElements, index + 1));
  const copies = inputs.map(() => new Float32Array(tileElements));
  const wasm = kernels.wasm();
  const js = kernels.js();
  // Where an update is checked it differs from its base everywhere, as after training.
  const start = noise(tileElements, tiles + 1);
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
      wasmCheck: over((input, index) => nearSquares(wasm, input, inputs[(index + 1) % tiles])),
      // What an accepted update costs in all, checked and summed; the tiles of base and sums are at hand, as updates stream by.
      wasmBoth: over((input) => {
        nearSquares(wasm, input, start);
        sums.wasm.add(input, 0.05);
      }),
      jsCheck: over((input, index) => nearSquares(js, input, inputs[(index + 1) % tiles])),
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
    figure('weighted sum with norm and finiteness', 'wasmBoth', 'memcpy', 0.35),
    figure('norm and finiteness', 'wasmCheck', 'memcpy'),
    figure('norm and finiteness', 'wasmCheck', 'jsCheck', 2),
  ];
}

/** The coordinate-wise median of a tile over sites, and NumPy's of the same values: in turn, so that a busy machine meets both. */
async function medianFigures() {
  const rows = Array.from({ length: medianSites }, (_, index) => noise(tileElements, index + 1));
  const into = new Float32Array(tileElements);
  const figure = (name, value, more) => ({ what: `median over ${medianSites} sites, ${name}`, value, ...more });
  const { wasm, js } = Object.fromEntries(
    Object.entries(kernels).map(([name, kernel]) => {
      const sorter = kernel().sorter(medianSites, middleOf(medianSites));
      return [name, () => sorter.median(rows, into)];
    }),
  );
  const numpy = await openNumPy(rows);
  try {
    const ms = await interleaved(
      { wasm: repeated(wasm, 10), js, ...(numpy && { numpy: numpy.median }) },
      { rounds: medianRounds, warmUp: 3 },
    );
    ms.wasm /= 10;
    const speed = (name) => `${((tileElements / ms[name]) * 1e-3).toFixed(0)} M values/s`;
    const beside = numpy
      ? { ratio: ms.numpy / ms.wasm, to: `np.median of NumPy ${numpy.version}`, goal: { atLeast: 20 } }
      : { to: 'np.median left out: no python3 with NumPy here' };
    return [
      figure('WASM', speed('wasm'), beside),
      figure('JS', speed('js'), { ratio: ms.js / ms.wasm, to: 'the time of WASM' }),
    ];
  } finally {
    numpy?.close();
  }
}

const repeated = (work, times) => () => {
  for (let time = 0; time < times; time++) work();
};

/** A Python that holds the rows and takes their median at every line that it is sent; null where there is none with NumPy. */
async function openNumPy(rows) {
  const program = `
import sys, numpy as np
x = np.frombuffer(sys.stdin.buffer.read(${4 * rows.length * tileElements}), dtype=np.float32).reshape(${rows.length}, -1)
print(np.__version__, flush=True)
for line in sys.stdin.buffer:
    print(float(np.median(x, axis=0)[0]), flush=True)
`;
  for (const python of ['/usr/bin/python3', 'python3']) {
    const child = spawn(python, ['-c', program], { stdio: ['pipe', 'pipe', 'ignore'] });
    // One without NumPy, or that is not there, ends before it has read all.
    child.on('error', () => {});
    child.stdin.on('error', () => {});
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    for (const row of rows) child.stdin.write(Buffer.from(row.buffer));
    const { value: version } = await lines.next();
    if (version === undefined) continue;
    const median = async () => {
      child.stdin.write('\n');
      await lines.next();
    };
    return { version, median, close: () => child.kill() };
  }
  return null;
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
