import { type Contract, contractHash } from '@consilium/shared/contract';
import type { BlobHash, SiteId, StepId } from '@consilium/shared/ids';
import type { EvaluationTerms } from '@consilium/shared/report';

/** What an evaluation of a site for a step must be about. */
export const evaluationTerms = (contract: Contract, site: SiteId, step: StepId, model: BlobHash): EvaluationTerms => ({
  run: contract.run,
  contract: contractHash(contract),
  step,
  site,
  model,
  classes: contract.runFile.model.classes,
  minimumCell: contract.runFile.validation.minimumCell,
});
