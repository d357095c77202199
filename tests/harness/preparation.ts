import { type Contract, stepsOf } from '@consilium/shared/contract';
import type { SiteId } from '@consilium/shared/ids';
import {
  encodePreparation,
  foldStatistics,
  type PreparationState,
  readPreparation,
} from '@consilium/shared/statistics';
import { type DataSource, type Dataset, loadDataset } from '@consilium/site-agent/data';
import { applyPreparation, prepare } from '@consilium/site-agent/preparation';
import type { PreparedSite } from './federation.js';

export interface SiteCohort {
  readonly site: SiteId;
  readonly dataset: Dataset;
}

/** A hospital's folder, and the files in it where they have names of their own. */
export interface SiteFolder extends Pick<DataSource, 'directory' | 'files' | 'rows'> {
  readonly site: SiteId;
}

export interface FederatedPreparation {
  readonly state: PreparationState;
  readonly sites: readonly PreparedSite[];
  /** What left the sites, by step in order and then by site. */
  readonly sent: readonly { readonly step: string; readonly blobs: readonly Uint8Array[] }[];
}

/** All preparation of a run in this process, by the functions of the product at both ends; the state is written and read between steps. */
export function prepareSites(contract: Contract, sites: readonly SiteCohort[]): FederatedPreparation {
  const run = contract.runFile;
  const salt = 'A'.repeat(22);
  let state: PreparationState | null = null;
  const sent = stepsOf(run).flatMap((step) => {
    if (step.kind !== 'prepare') return [];
    const { name, pass } = step;
    const before = state;
    const blobs = sites.map(({ dataset }) => ({
      bytes: prepare(name, { dataset, contract, state: before, pass, salt }),
      samples: dataset.parts.train.rows,
    }));
    state = readPreparation(encodePreparation(foldStatistics(name, blobs, { contract, state: before, pass })));
    return [{ step: `${name}:${pass}`, blobs: blobs.map(({ bytes }) => bytes) }];
  });
  const done = state ?? raise();
  return {
    state: done,
    sites: sites.map(({ site, dataset }) => ({ site, parts: applyPreparation(dataset, done, run).parts })),
    sent,
  };
}

/** As `prepareSites`, from the hospitals' folders. */
export async function prepareFolders(
  contract: Contract,
  folders: readonly SiteFolder[],
): Promise<FederatedPreparation> {
  const cohorts = folders.map(async ({ site, ...source }) => ({
    site,
    dataset: await loadDataset({ ...source, contract }),
  }));
  return prepareSites(contract, await Promise.all(cohorts));
}

const raise = (): never => {
  throw new Error('a run without preparation');
};
