import { type RunReport, readEvaluation } from '@consilium/shared/report';
import { runReportOf } from '../reports/index.js';
import { currentStepId, inOrder, resultOf } from '../rounds/index.js';
import { type Blobs, type Store, trafficOf } from '../store/index.js';
import { version } from '../version.js';
import type { Conductor } from './conductor.js';
import { evaluationTerms } from './evaluation-terms.js';
import { wholeBlob } from './fold-step.js';

/** The report of a run as it stands. */
export async function reportOf(conductor: Conductor, store: Store, blobs: Blobs): Promise<RunReport> {
  const { state, head, length, created, updated } = conductor;
  const { contract } = state;
  const model = resultOf(state);
  const tested = currentStepId(state) === 'test' && model !== null ? inOrder(state.accepted) : [];
  const evaluations = [];
  for (const manifest of tested) {
    const terms = evaluationTerms(contract, manifest, model!);
    const evaluation = readEvaluation(await wholeBlob(blobs, manifest.hash), terms);
    evaluations.push({ site: manifest.site, evaluation });
  }
  const traffic = new Map((await store.read((db) => trafficOf(db, contract.run))).map((one) => [one.site, one]));
  return runReportOf({
    state,
    journal: { head, records: length },
    began: created,
    ended: updated,
    evaluations,
    traffic: state.sites.map((site) => traffic.get(site) ?? { site, contributions: 0, refusals: 0, bytes: 0 }),
    software: { consilium: version, node: process.version },
  });
}
