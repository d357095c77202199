import type { Contract, SiteFiles } from '@consilium/shared/contract';

/** Where a site's cohort lies, and the contract that says what is wanted of it. */
export interface DataSource {
  readonly directory: string;
  /** The site's own file names; those of the run file when left out. */
  readonly files?: SiteFiles;
  /** Serves one folder for several sites: only rows with this value in this column of the sample or feature table. */
  readonly rows?: { readonly column: string; readonly equals: string };
  readonly contract: Contract;
  /**
   * The features that all sites have, once they are known: `all` of a transform over a whole row means these. Without them it means
   * the columns that this site has.
   */
  readonly common?: readonly string[];
  /** Whether a row needs a label of one of the run's classes, as it does for training; `optional` to ask a finished model about it. */
  readonly labels?: 'required' | 'optional';
  readonly signal?: AbortSignal;
}
