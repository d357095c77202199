import { readFile } from 'node:fs/promises';
import { makeContract, readRunFile, runFile, stepsOf } from '@consilium/shared/contract';
import { encodePreparation, foldStatistics, readPreparation } from '@consilium/shared/statistics';
import { loadDataset } from '@consilium/site-agent/data';
import { applyPreparation, prepare } from '@consilium/site-agent/preparation';
import { dataFolder, runFilePath, tasks } from './quality.options.mjs';

/** Salts keep statistics from being guessed on their way; here they travel nowhere. */
const salt = 'A'.repeat(22);

/** What a site's refusal may say here as in a run: it goes on without that site. */
const excused = ['CSM-COHORT-SMALL', 'CSM-DATA-ONE-CLASS', 'CSM-DATA-NO-ROWS'];

/** A run file of the examples with some settings changed. */
export async function runFileOf(task, changes) {
  const run = structuredClone(readRunFile(await readFile(runFilePath(task), 'utf8'), `${task}.yaml`));
  for (const { path, value } of changes) {
    const parent = path.slice(0, -1).reduce((at, key) => at[key], run);
    parent[path.at(-1)] = value;
  }
  return runFile.parse(run);
}

/**
 * The hospitals of a task with their prepared parts, by the steps and the functions of a real run: each reads its rows,
 * sends its cohort and its moments, and prepares its values with what came back. Sites in canonical order.
 */
export async function openConsortium(task, run) {
  const contract = makeContract({
    runFile: run,
    files: {},
    consortium: '0'.repeat(32),
    run: '0'.repeat(32),
    notAfter: new Date('9999-12-31'),
  });
  const { data, column, sites: values } = tasks[task];
  const cohorts = [];
  const absent = [];
  for (const site of values.toSorted()) {
    try {
      const rows = { column, equals: site };
      cohorts.push({ site, dataset: await loadDataset({ directory: dataFolder(data), rows, contract }) });
    } catch (thrown) {
      if (!excused.includes(thrown.code)) throw thrown;
      absent.push(site);
    }
  }
  const state = preparationOf(cohorts, contract);
  const sites = cohorts.map(({ site, dataset }) => ({
    site,
    samples: dataset.parts.train.rows,
    parts: applyPreparation(dataset, state, run).parts,
  }));
  return { contract, state, sites, absent };
}

function preparationOf(cohorts, contract) {
  let state = null;
  for (const { kind, name, pass } of stepsOf(contract.runFile)) {
    if (kind !== 'prepare') break;
    const blobs = cohorts.map(({ dataset }) => ({
      bytes: prepare(name, { dataset, contract, state, pass, salt }),
      samples: dataset.parts.train.rows,
    }));
    state = readPreparation(encodePreparation(foldStatistics(name, blobs, { contract, state, pass })));
  }
  return state;
}
