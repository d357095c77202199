import { type RunReport, readEvaluation } from '@consilium/shared/report';
import { runReportOf } from '../reports/index.js';
import { currentStepId, inOrder, resultOf } from '../rounds/index.js';
import { type Blobs, contributionsOf, type Store } from '../store/index.js';
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
  const rows = await store.read((db) => contributionsOf(db, contract.run));
  return runReportOf({
    state,
    journal: { head, records: length },
    began: created,
    ended: updated,
    evaluations,
    traffic: state.sites.map((site) => {
      const own = rows.filter((row) => row.site === site);
      const refusals = own.filter(({ outcome }) => outcome === 'refused').length;
      const bytes = own.reduce((sum, row) => sum + row.bytes, 0);
      return { site, contributions: own.length - refusals, refusals, bytes };
    }),
    software: { consilium: version, node: process.version },
  });
}
