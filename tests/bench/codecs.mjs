// What updates in fewer bits cost: `acute-leukemia` in process, federated as in a real run, by codec and with or without error feedback.
// Test patients judge the model that validation chose. Options stand behind a second `--`: `npm run bench -- codecs -- --rounds 5`.
import { useBackend } from '@consilium/models/backend';
import { median } from './measuring/interleaved.mjs';
import { notKnown, readOptions } from './measuring/options.mjs';
import { openConsortium, runFileOf } from './quality.consortium.mjs';
import { judge, judgedSites } from './quality.judging.mjs';
import { buildModel, federated } from './quality.training.mjs';

const usage = `npm run bench -- codecs -- [options]
  --seeds 7,8,9      seeds of the run file, one run each
  --rounds NUMBER    fewer rounds than the example has`;

const task = 'acute-leukemia';
const codecs = {
  f32: { codec: 'f32' },
  bf16: { codec: 'bf16' },
  'bf16 without error feedback': { codec: 'bf16', errorFeedback: false },
  int8: { codec: 'int8' },
  'int8 without error feedback': { codec: 'int8', errorFeedback: false },
};

export async function bench(words = []) {
  const { seeds, rounds } = readOptions(words, {
    usage,
    options: { seeds: { type: 'string', default: '7,8,9' }, rounds: { type: 'string' } },
    read: (values) => ({ seeds: values.seeds.split(',').map(whole), rounds: values.rounds && whole(values.rounds) }),
  });
  await useBackend('wasm');
  const figures = [];
  let plainBytes = null;
  for (const [name, update] of Object.entries(codecs)) {
    const results = [];
    for (const seed of seeds) results.push(await oneRun(update, seed, rounds));
    const [{ updateBytes }] = results;
    plainBytes ??= updateBytes;
    figures.push(
      { what: `${name}: accuracy`, value: spread(results.map(({ accuracy }) => accuracy)) },
      { what: `${name}: macro-F1`, value: spread(results.map(({ macroF1 }) => macroF1)) },
      {
        ...{ what: `${name}: bytes of an update`, value: `${updateBytes}` },
        ...{ ratio: updateBytes / plainBytes, to: 'f32' },
      },
    );
    console.error(`${name}: ${results.map(({ accuracy }) => accuracy.toFixed(3)).join(' ')}, ${updateBytes} bytes`);
  }
  return figures;
}

async function oneRun(update, seed, rounds) {
  const changes = [
    { path: ['seed'], value: seed },
    { path: ['training', 'update'], value: update },
    ...(rounds ? [{ path: ['training', 'rounds'], value: rounds }] : []),
  ];
  const run = await runFileOf(task, changes);
  const consortium = await openConsortium(task, run);
  const model = buildModel(consortium);
  try {
    const { updateBytes } = await federated(consortium, model, run.validation.share > 0);
    const judged = judgedSites(consortium.sites, 'test', run.validation.minimumCell);
    return { ...(await judge(model, judged, 'test', run)), updateBytes };
  } finally {
    model.dispose();
  }
}

/** Median and range over the seeds. */
function spread(values) {
  const [least, most] = [Math.min(...values), Math.max(...values)].map((value) => value.toFixed(3));
  return `${median(values).toFixed(3)} (${least}–${most})`;
}

function whole(text) {
  if (!/^[1-9]\d*$/.test(text)) throw notKnown(text);
  return Number(text);
}
