// How good the models of deploy/examples become, in process and on real hospital data: federated as in a real run, with all
// rows in one place, and each hospital alone. Judged on validation patients unless `--test` is given: settings are chosen on
// the former, docs/results.md is filled from the latter. Options stand behind a second `--`: `npm run bench -- quality -- --test`.
import { useBackend } from '@consilium/models/backend';
import { median } from './measuring/interleaved.mjs';
import { openConsortium, runFileOf } from './quality.consortium.mjs';
import { judge, judgedSites } from './quality.judging.mjs';
import { optionsOf } from './quality.options.mjs';
import { alone, buildModel, federated, inOnePlace } from './quality.training.mjs';

/** Where a run file keeps no validation patients, these are held out to judge its last round by. */
const heldOutShare = 0.2;

const scores = { accuracy: 'accuracy', macroF1: 'macro-F1', auc: 'AUC' };

export async function bench(words = []) {
  const options = optionsOf(words);
  await useBackend('wasm');
  const figures = [];
  for (const task of options.task) figures.push(...(await taskFigures(task, options)));
  return figures;
}

async function taskFigures(task, options) {
  const results = [];
  for (const seed of options.seeds) {
    const run = await runFileOf(task, [...options.changes, { path: ['seed'], value: seed }]);
    results.push(await oneSeed(task, run, options));
  }
  if (options.rounds) printRounds(results);
  const names = Object.keys(results[0]).filter((name) => name !== 'rounds');
  const accuracyOf = (name) => median(results.map((result) => result[name].accuracy));
  return names.map((name) => ({
    what: `${task}, ${name}`,
    value: spread(results.map((result) => result[name])),
    ...('central' in results[0] && name !== 'central'
      ? { ratio: accuracyOf(name) / accuracyOf('central'), to: "central's accuracy" }
      : {}),
  }));
}

/** Measures by setting, for one seed. */
async function oneSeed(task, run, { test, only }) {
  const chooses = run.validation.share > 0;
  const share = chooses || test ? run.validation.share : heldOutShare;
  const consortium = await openConsortium(task, { ...run, validation: { ...run.validation, share } });
  const { sites, absent } = consortium;
  const part = test ? 'test' : 'validation';
  const judged = judgedSites(sites, part, run.validation.minimumCell);
  const model = buildModel(consortium);
  const started = performance.now();
  const result = {};
  const say = [];
  if (only.includes('federated')) {
    const { round, model: hash, rounds } = await federated(consortium, model, chooses);
    result.federated = await judge(model, judged, part, run);
    result.rounds = rounds;
    say.push(`round ${round}, model ${hash}`);
  }
  if (only.includes('central')) {
    const { round } = await inOnePlace(consortium, model, sites, chooses);
    result.central = await judge(model, judged, part, run);
    say.push(`central epoch ${round}`);
  }
  if (only.includes('local')) {
    const { everywhere, own } = await alone(consortium, model, part, chooses);
    const each = (name) => everywhere.map((measures) => measures[name]);
    const over = (combine) => Object.fromEntries(Object.keys(scores).map((name) => [name, combine(each(name))]));
    result['local, mean on all'] = over((values) => values.reduce((sum, value) => sum + value, 0) / values.length);
    result['local, best on all'] = over((values) => Math.max(...values));
    result['local, on own'] = own;
  }
  model.dispose();
  const rows = judged.reduce((sum, { parts }) => sum + parts[part].rows, 0);
  const trained = sites.reduce((sum, { samples }) => sum + samples, 0);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  const without = absent.length === 0 ? '' : `, without ${absent.join(', ')}`;
  console.error(
    `${task} seed ${run.seed}: ${trained} rows trained at ${sites.length} sites${without}; ${rows} ${part} rows of ${judged.length}; ${say.join('; ')}; ${seconds} s`,
  );
  for (const [name, measures] of Object.entries(result)) {
    if (name !== 'rounds') console.error(`  ${name.padEnd(20)}${texts(measures).join('  ')}`);
  }
  return result;
}

const texts = (measures) => Object.entries(scores).map(([name, title]) => `${title} ${measures[name].toFixed(3)}`);

/** Median and range over the seeds. */
function spread(measures) {
  return Object.entries(scores)
    .map(([name, title]) => {
      const values = measures.map((measure) => measure[name]);
      const range = [Math.min(...values), Math.max(...values)].map((value) => value.toFixed(3));
      return `${title} ${median(values).toFixed(3)} (${range.join('–')})`;
    })
    .join('  ');
}

/** Means over the seeds of what validation said of the rounds. */
function printRounds(results) {
  const count = results[0].rounds?.length ?? 0;
  for (let round = 5; round <= count; round += 5) {
    const judged = results.flatMap(({ rounds }) => rounds[round - 1].validation ?? []);
    if (judged.length === 0) continue;
    const mean = (name) => judged.reduce((sum, measures) => sum + measures[name], 0) / judged.length;
    const line = ['loss', ...Object.keys(scores)].map((name) => `${scores[name] ?? name} ${mean(name).toFixed(3)}`);
    console.error(`  round ${String(round).padStart(3)}  ${line.join('  ')}`);
  }
}
