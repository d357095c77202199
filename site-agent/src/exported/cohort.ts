import { featureList } from '@consilium/shared/contract';
import { featuresBefore } from '@consilium/shared/statistics';
import type { SiteSettings } from '../config/index.js';
import { type DataSource, type Dataset, loadDataset } from '../data/index.js';
import { commonFeatures } from '../preparation/index.js';
import type { Exported } from './read-export.js';

export interface CohortWanted {
  /** Every row in the training part, whatever a split file says: nothing is held out. */
  readonly whole: boolean;
  readonly labels?: DataSource['labels'];
  readonly signal?: AbortSignal;
}

/**
 * This hospital's cohort for a model that is finished: the model's own features, however few patients there are. The transforms of the
 * contract are done as they were in the run.
 * @throws CSM-DATA-*
 */
export function loadCohort(
  { contract, preparation }: Pick<Exported, 'contract' | 'preparation'>,
  { directory, files, rows }: SiteSettings['data'],
  { whole, labels, signal }: CohortWanted,
): Promise<Dataset> {
  const { runFile } = contract;
  const { split: _, ...tables } = files ?? runFile.data.files;
  const { oversample: __, ...kept } = runFile.preparation;
  // Not those that were selected alone: a transform of whole rows may need more of them than the model reads.
  const common = 'features' in runFile.data && featureList(contract) === null;
  const shared = commonFeatures(contract, preparation);
  return loadDataset({
    directory,
    files: whole ? tables : (files ?? runFile.data.files),
    ...(rows && { rows }),
    ...(shared && { common: shared }),
    ...(labels && { labels }),
    ...(signal && { signal }),
    contract: {
      ...contract,
      runFile: {
        ...runFile,
        data: {
          ...runFile.data,
          ...(common && { features: [...featuresBefore(preparation)] }),
          ...(whole && { testShare: 0 }),
        },
        // What a finished model is asked about is never copied.
        preparation: kept,
        // Nothing is trained here: every group is looked at.
        ...(runFile.stages && { stages: runFile.stages.map(({ groups: _, ...stage }) => stage) }),
        validation: { ...runFile.validation, minimumCohort: 0, ...(whole && { share: 0 }) },
      },
    },
  });
}
