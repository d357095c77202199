import { type Contract, stepsOf } from '@consilium/shared/contract';
import type { SiteId } from '@consilium/shared/ids';
import { foldStatistics, type PreparationState } from '@consilium/shared/statistics';
import { type DataSource, loadDataset } from '@consilium/site-agent/data';
import { applyPreparation, prepare } from '@consilium/site-agent/preparation';
import type { PreparedSite } from './federation.js';

/** A hospital's folder, and the files in it where they have names of their own. */
export interface SiteFolder extends Pick<DataSource, 'directory' | 'files' | 'rows'> {
  readonly site: SiteId;
}

/** Hospitals' data read and prepared as a run does it: each pass asked of every site, and folded. */
export async function preparedSites(
  contract: Contract,
  folders: readonly SiteFolder[],
): Promise<{ readonly sites: readonly PreparedSite[]; readonly state: PreparationState }> {
  const datasets = await Promise.all(folders.map((source) => loadDataset({ ...source, contract })));
  let state: PreparationState | null = null;
  for (const step of stepsOf(contract.runFile)) {
    if (step.kind !== 'prepare') continue;
    const { name, pass } = step;
    const before: PreparationState | null = state;
    const blobs = datasets.map((dataset) => ({
      bytes: prepare(name, { dataset, contract, state: before, pass, salt: 'A'.repeat(22) }),
      samples: dataset.parts.train.rows,
    }));
    state = foldStatistics(name, blobs, { contract, state: before, pass });
  }
  if (state === null) throw new Error('the run prepares nothing');
  const final = state;
  const sites = datasets.map((dataset, index) => ({
    site: folders[index]!.site,
    parts: applyPreparation(dataset, final, contract.runFile).parts,
  }));
  return { sites, state };
}
