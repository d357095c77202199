import { fold } from '@consilium/coordinator/aggregation';
import { memoryBlobs } from '@consilium/coordinator/store';
import { blueprintOf, initialWeights } from '@consilium/models/families';
import { stream } from '@consilium/models/layers';
import { join } from '@consilium/models/samples';
import { assignTensors, readTensors, train } from '@consilium/models/training';
import { inputOf, onlyStage, stageAt, updateCoding } from '@consilium/shared/contract';
import { encodeWeights } from '@consilium/shared/weights';
import { classWeightsOf, codeUpdate, loadWeights, trainStep } from '@consilium/site-agent/model';
import { chosen, countsOn, judge, judgedSites, pooled } from './quality.judging.mjs';

/** The model of a run on the backend in use, with its starting weights. */
export function buildModel({ contract: { runFile: run }, state }) {
  const { family, blueprint } = blueprintOf(wanted(run, state));
  return family.build({ ...blueprint, seed: run.seed });
}

const wanted = (run, { features }) => ({
  ...run.model,
  classes: run.model.classes.length,
  input: inputOf(run, features.length),
  stage: onlyStage,
});

/**
 * The run, step by step as coordinator and sites do it: every site trains the global model with its own seed for the step,
 * the updates are folded to the next one, which is judged on the validation patients of all sites.
 * @param send what a site makes of its update before it leaves
 * @returns also the bytes of an update as it travels
 */
export async function federated(consortium, model, chooses, send = ({ update }) => update) {
  const { contract, state, sites } = consortium;
  const { seed, training, validation } = contract.runFile;
  const { blobs, close } = memoryBlobs();
  const whole = async (hash) => blobs.read(hash, 0, await blobs.size(hash));
  const { shared } = initialWeights({ ...wanted(contract.runFile, state), seed });
  let base = await blobs.write(encodeWeights(shared));
  let kept = null;
  const coding = updateCoding(contract.runFile, 0);
  const onward = new Map();
  let updateBytes = 0;
  const stage = stageAt(contract.runFile, 0);
  const rounds = [];
  for (let round = 1; round <= training.rounds; round++) {
    const contributions = [];
    const file = await whole(base);
    for (const { site, samples, parts } of sites) {
      const step = `train:0:${round}`;
      const base = { model: file, frozen: null };
      const given = { model, contract, site, step, stage, round, state, part: parts.train, base };
      const { update } = await trainStep({ ...given, signal: new AbortController().signal, onProgress: () => {} });
      const trained = send({ site, round, base: file, update });
      const from = { run: contract.runFile, stage: 0, base: file, onward: onward.get(site) ?? null };
      const coded = codeUpdate({ ...from, trained });
      onward.set(site, coded.onward);
      updateBytes = coded.update.length;
      contributions.push({ site, samples, hash: await blobs.write(coded.update) });
    }
    const folded = await fold({ strategy: training.strategy, base, state: kept, contributions, coding, blobs });
    for (const used of contributions) await blobs.remove(used.hash);
    base = folded.hash;
    kept = folded.state;
    loadWeights(model, { model: await whole(base), frozen: null }, `validate:${round}`);
    const judged = judgedSites(sites, 'validation', validation.minimumCell);
    const wantedNow = round % validation.everyRounds === 0 || round === training.rounds;
    const figures = wantedNow ? await judge(model, judged, 'validation', contract.runFile) : null;
    rounds.push({ round, model: base, validation: figures });
  }
  const result = chooses ? chosen(rounds, validation.choose) : rounds.at(-1);
  loadWeights(model, { model: await whole(result.model), frozen: null }, 'test');
  await close();
  return { ...result, rounds, updateBytes };
}

/**
 * One place with the rows of these sites: as many epochs as the federation trains, one optimizer throughout, the epoch
 * chosen by the same rule on the same sites' validation patients.
 */
export async function inOnePlace(consortium, model, members, chooses) {
  const { runFile: run } = consortium.contract;
  const { training, validation, seed } = run;
  assignTensors(model.shared, initialWeights({ ...wanted(run, consortium.state), seed }).shared.values);
  const epochs = training.rounds * training.localEpochs;
  const pending = [];
  await train({
    model,
    samples: join(members.map(({ parts }) => parts.train)),
    batchSize: training.batchSize,
    epochs,
    optimizer: training.optimizer,
    classWeights: classWeightsOf(training.classWeights, consortium.state.classCounts, validation.minimumCell),
    seed: stream(seed, 'train', members.map(({ site }) => site).join()).integer(2 ** 32),
    onProgress: ({ epoch, done, total }) => {
      if (done * epochs === epoch * total) pending.push(readTensors(model.shared));
    },
  });
  const ends = (await Promise.all(pending)).map((weights, index) => ({ round: index + 1, model: weights }));
  const judged = judgedSites(members, 'validation', validation.minimumCell);
  if (!chooses) return ends.at(-1);
  const rounds = [];
  for (const end of ends) {
    assignTensors(model.shared, end.model);
    rounds.push({ ...end, validation: await judge(model, judged, 'validation', run) });
  }
  const result = chosen(rounds, validation.choose);
  assignTensors(model.shared, result.model);
  return result;
}

/**
 * Every hospital alone: its model on the judged rows of all, and on its own.
 * @returns measures of each hospital's model on all rows, and of all models on their own rows together
 */
export async function alone(consortium, model, part, chooses) {
  const { runFile: run } = consortium.contract;
  const judged = judgedSites(consortium.sites, part, run.validation.minimumCell);
  const everywhere = [];
  const own = [];
  for (const member of consortium.sites) {
    await inOnePlace(consortium, model, [member], chooses);
    everywhere.push(await judge(model, judged, part, run));
    if (judged.includes(member)) own.push(await countsOn(model, member.parts[part], run));
  }
  return { everywhere, own: pooled(own, run) };
}
