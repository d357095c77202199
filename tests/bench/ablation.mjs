// What each part of a model adds: the same small run, federated in this process by the engine of the product, with one setting after
// another changed. Few rounds, so rows are to be compared with each other alone. Judged on validation samples unless `--test` is given.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { useBackend } from '@consilium/models/backend';
import { readRunFile } from '@consilium/shared/contract';
import { createViteServer } from 'vitest/node';
import { optionsOf } from './ablation.options.mjs';
import { changed } from './ablation.rows.mjs';
import { sites as sources } from './ablation.sites.mjs';
import { median } from './measuring/interleaved.mjs';

const scores = { accuracy: 'accuracy', macroF1: 'macro-F1', auc: 'AUC' };

export async function bench(words = []) {
  const options = optionsOf(words);
  const folder = await mkdtemp(join(tmpdir(), 'consilium-ablation-'));
  const harness = await openHarness();
  try {
    const { device } = await useBackend(options.backend);
    console.error(`${options.backend} on ${device}; seeds ${options.seeds.join(', ')}`);
    const figures = [];
    for (const table of options.tables) figures.push(...(await tableFigures(table, { ...options, folder, harness })));
    return figures;
  } finally {
    await harness.close();
    await rm(folder, { recursive: true });
  }
}

/** The tests' own consortium in one process: TypeScript, which Node.js does not read by itself. */
async function openHarness() {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const server = await createViteServer({
    ...{ configFile: false, root, logLevel: 'error', appType: 'custom', ssr: { external: true } },
    server: { middlewareMode: true, hmr: false, ws: false, watch: null },
    optimizeDeps: { noDiscovery: true },
  });
  const load = (name) => server.ssrLoadModule(`/tests/harness/${name}.ts`);
  const { unsignedContract } = await load('contract');
  const { federate } = await load('federation');
  const { prepareFolders } = await load('preparation');
  return { unsignedContract, federate, prepareFolders, close: () => server.close() };
}

async function tableFigures({ name, source, run: text, rows }, options) {
  const { folder, harness, test, seeds } = options;
  const own = join(folder, name);
  const prepared = new Map();
  const figures = [];
  const base = readRunFile(text, `${name}.yaml`);
  const places = await sources[source](await mkdtemp(own));
  for (const row of rows) {
    const run = changed(base, row.changes, options.rounds);
    const key = JSON.stringify([run.data, run.preparation]);
    if (!prepared.has(key)) {
      const { sites } = await harness.prepareFolders(harness.unsignedContract(run), places);
      prepared.clear();
      prepared.set(
        key,
        sites.map((site) => ({ ...site, parts: { ...site.parts, test: site.parts[test ? 'test' : 'validation'] } })),
      );
    }
    const results = [];
    const started = performance.now();
    for (const seed of seeds) results.push(await oneSeed(harness, prepared.get(key), { ...run, seed }));
    const seconds = ((performance.now() - started) / 1000 / seeds.length).toFixed(1);
    const value = spread(results);
    const said = sizes(prepared.get(key), test);
    console.error(`${name}: ${row.name}: ${value}; ${said}; ${seconds} s a seed`);
    figures.push({ what: `${name}: ${row.name}`, value });
  }
  return figures;
}

/** Pooled measures of the last model; nothing is chosen by rounds. */
async function oneSeed({ federate }, sites, run) {
  const { state, test, model } = await federate({ ...run, validation: { ...run.validation, share: 0 } }, sites);
  model.dispose();
  if (state.outcome !== 'complete') throw new Error(`the run ended ${state.outcome}`);
  return test.metrics;
}

function sizes(sites, test) {
  const count = (part) => sites.reduce((sum, { parts }) => sum + parts[part].rows, 0);
  return `${count('train')} samples of ${sites.length} sites train, ${count('test')} ${test ? 'test' : 'validation'} samples`;
}

/** Median and range over the seeds. */
function spread(results) {
  return Object.entries(scores)
    .map(([name, title]) => {
      const values = results.map((metrics) => metrics[name]);
      const range = [Math.min(...values), Math.max(...values)].map((value) => value.toFixed(3));
      return `${title} ${median(values).toFixed(3)} (${range.join('–')})`;
    })
    .join('  ');
}
