import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { apply, currentStep, decide, newRun, runRecord } from '@consilium/coordinator/rounds';
import { openSqliteStore, putContribution, runOf } from '@consilium/coordinator/store';
import { idOf, signedContract } from '@consilium/shared/contract';
import { identityOf, openSecret, sign } from '@consilium/shared/crypto';
import { sealRecord } from '@consilium/shared/journal';
import { passphrase } from './consortium/coordinator.mjs';

const samples = 40;
const bytes = 3_000;
/** Records of one transaction. */
const together = 5_000;
/** Between two records. */
const betweenMs = 20;

/**
 * Writes the next rounds of a run into the journal of a coordinator that does not run, each with a contribution of every
 * site, a model and its validation. The model stays the one that there is.
 */
export async function writeRounds(home, run, rounds) {
  const key = await openSecret(JSON.parse(await readFile(join(home, 'coordinator.key'), 'utf8')), passphrase);
  const identity = identityOf(key);
  const store = await openSqliteStore({ file: join(home, 'consilium.sqlite') });
  try {
    const { contract } = signedContract.parse(JSON.parse((await store.read((db) => runOf(db, run))).contract));
    let state = newRun(contract);
    let last = null;
    for await (const record of store.records(run)) {
      state = apply(state, runRecord.parse({ type: record.type, ...record.body }));
      last = record;
    }
    let [sealed, head, time] = [[], last, Date.parse(last.time)];
    const write = async () => {
      await store.append(run, head.hash, sealed, async (tx) => {
        for (const { body, type, time: at } of sealed) {
          if (type !== 'contribution-accepted') continue;
          const { run: of, step, site, kind, hash, bytes: size, samples: rows } = body.contribution.manifest;
          const row = { run: of, step, site, kind, hash, bytes: size, samples: rows, outcome: 'accepted' };
          await putContribution(tx, { ...row, code: null, at });
        }
      });
      [head, sealed] = [last, []];
    };
    const send = (input) => {
      for (const record of decide(state, input)) {
        const { type, ...body } = record;
        time += betweenMs;
        const draft = { chain: run, time: new Date(time).toISOString(), type, body };
        last = sealRecord(last, draft, (domain, content) => sign(identity, domain, content));
        sealed.push(last);
        state = apply(state, record);
      }
    };
    while (currentStep(state).kind !== 'train' || currentStep(state).round <= rounds) {
      const step = currentStep(state);
      for (const site of state.sites)
        send({ kind: 'contribution', site, contribution: sent(state, site), error: null });
      send({ kind: 'folded', step: idOf(step), output: made(state, step) });
      if (sealed.length >= together) await write();
    }
    if (sealed.length > 0) await write();
  } finally {
    await store.close();
  }
}

/** What a site handed in; its signature is not looked at again. */
function sent(state, site) {
  const { consortium, run } = state.contract;
  const step = currentStep(state);
  const [kind, codec] = step.kind === 'train' ? ['update', 'f32'] : ['report', 'json'];
  const about = { consortium, run, contract: state.contractHash, step: idOf(step), site, base: state.model };
  const hash = Buffer.from(`${site} ${about.step}`).toString('hex').padEnd(64, '0').slice(0, 64);
  return { manifest: { ...about, kind, codec, samples, hash, bytes }, signature: 'A'.repeat(86) };
}

/** What came of a step: figures that rise from round to round. */
function made(state, step) {
  if (step.kind === 'train') return { model: state.model };
  const accuracy = 0.7 - 0.5 * Math.exp(-step.round / 40) + 0.01 * Math.sin(step.round);
  const scores = {
    accuracy,
    balancedAccuracy: accuracy,
    macroF1: accuracy - 0.05,
    weightedF1: accuracy,
    mcc: accuracy,
  };
  const metrics = { n: 10 * state.sites.length, loss: 1 - accuracy, ...scores, auc: 0.9, ece: 0.05, brier: 0.4 };
  const released = state.sites.map((site, place) => ({
    ...{ site, n: 10, loss: 1 - accuracy, accuracy: accuracy + 0.001 * place, macroF1: accuracy - 0.05 },
  }));
  return { metrics, released };
}
