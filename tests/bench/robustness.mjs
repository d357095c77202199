// What faulty sites do to the model, by strategy: `acute-leukemia` in process, its four hospitals in halves as eight sites of which
// none, one or two send something else than they trained. Every run has the rounds and settings of the example; test patients of all
// sites judge the last model, the faulty sites' patients too. Options stand behind a second `--`:
// `npm run bench -- robustness -- --rounds 10`.
import { useBackend } from '@consilium/models/backend';
import { pick } from '@consilium/models/samples';
import { decodeWeights, encodeWeights } from '@consilium/shared/weights';
import { notKnown, readOptions } from './measuring/options.mjs';
import { openConsortium, runFileOf } from './quality.consortium.mjs';
import { judge, judgedSites } from './quality.judging.mjs';
import { buildModel, federated } from './quality.training.mjs';

const usage = `npm run bench -- robustness -- [options]
  --seed NUMBER      of the run file (default: 7)
  --rounds NUMBER    fewer rounds than the example has`;

const task = 'acute-leukemia';
/** Faulty ones come in this order. One is the smaller half of a hospital in the middle, the other half of the largest. */
const faultySites = ['grenoble-2', 'lyon-1'];

const strategies = {
  fedavg: { name: 'fedavg' },
  'fedavg, clipNorm 1': { name: 'fedavg', clipNorm: 1 },
  fedadam: { name: 'fedadam' },
  median: { name: 'median' },
  'trimmed-mean, faulty 2': { name: 'trimmed-mean', faulty: 2 },
  'multi-krum, faulty 2': { name: 'multi-krum', faulty: 2 },
  'bulyan, faulty 1': { name: 'bulyan', faulty: 1 },
};

/** What a faulty site makes of its own step Δ: base + this. */
const faults = {
  'turned round, ×5': (step) => step.map((value) => -5 * value),
  'scaled ×100': (step) => step.map((value) => 100 * value),
  'random, as long ×100': (step, random) => {
    const noise = step.map(() => gaussian(random));
    const factor = (100 * norm(step)) / norm(noise);
    return noise.map((value) => factor * value);
  },
};

export async function bench(words = []) {
  const { seed, rounds } = readOptions(words, {
    usage,
    options: { seed: { type: 'string', default: '7' }, rounds: { type: 'string' } },
    read: (values) => ({ seed: whole(values.seed), rounds: values.rounds && whole(values.rounds) }),
  });
  await useBackend('wasm');
  const rows = [];
  for (const [name, strategy] of Object.entries(strategies)) {
    const changes = [
      { path: ['seed'], value: seed },
      { path: ['training', 'strategy'], value: strategy },
      ...(rounds ? [{ path: ['training', 'rounds'], value: rounds }] : []),
    ];
    const run = await runFileOf(task, changes);
    const consortium = inHalves(await openConsortium(task, run));
    const accuracy = async (count, fault) => {
      const text = await oneRun(consortium, run, faultySites.slice(0, count), fault);
      console.error(`${name}; ${count} sites; ${fault ?? 'none'}: ${text}`);
      return text;
    };
    rows.push({ what: `${name}: no faulty site`, value: await accuracy(0) });
    for (const fault of Object.keys(faults)) {
      const [one, two] = [await accuracy(1, fault), await accuracy(2, fault)];
      rows.push({ what: `${name}: ${fault}`, value: `1 of 8: ${one}  2 of 8: ${two}` });
    }
  }
  return rows;
}

/** Accuracy on all sites' test patients, as text. */
async function oneRun(consortium, run, faulty, fault) {
  const model = buildModel(consortium);
  const tamper = ({ site, round, base, update }) => {
    if (!faulty.includes(site)) return update;
    const { layout, metadata, values } = decodeWeights(update);
    const start = decodeWeights(base).values;
    const random = uniform(run.seed * 1000 + round * 10 + faulty.indexOf(site));
    const step = faults[fault](
      values.map((value, at) => value - start[at]),
      random,
    );
    return encodeWeights({ layout, metadata, values: step.map((value, at) => start[at] + value) });
  };
  try {
    await federated(consortium, model, false, tamper);
    const judged = judgedSites(consortium.sites, 'test', run.validation.minimumCell);
    const { accuracy } = await judge(model, judged, 'test', run);
    return Number.isFinite(accuracy) ? accuracy.toFixed(3) : 'not finite';
  } catch (thrown) {
    if (!thrown.code) throw thrown;
    return thrown.code;
  } finally {
    model.dispose();
  }
}

/** Each hospital as two sites with every other training row each; the first of them keeps the test patients. */
function inHalves({ sites, ...rest }) {
  const halves = sites.flatMap(({ site, parts }) =>
    [1, 2].map((half) => {
      const rows = (part) => Int32Array.from({ length: part.rows }, (_, row) => row);
      const train = pick(
        parts.train,
        rows(parts.train).filter((row) => row % 2 === half - 1),
      );
      const none = (part) => pick(part, new Int32Array());
      const other = half === 1 ? parts : { validation: none(parts.validation), test: none(parts.test) };
      return { site: `${site}-${half}`, samples: train.rows, parts: { ...other, train } };
    }),
  );
  return { ...rest, sites: halves };
}

const norm = (values) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

/** Uniform in (0, 1), the same from a seed everywhere. */
function uniform(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (((mixed ^ (mixed >>> 14)) >>> 0) + 0.5) / 2 ** 32;
  };
}

const gaussian = (random) => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());

function whole(text) {
  if (!/^[1-9]\d*$/.test(text)) throw notKnown(text);
  return Number(text);
}
