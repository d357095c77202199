import type { Contract } from '@consilium/shared/contract';
import type { BlobHash } from '@consilium/shared/ids';
import type { EvaluationTerms } from '@consilium/shared/report';
import type { ContributionManifest } from '@consilium/shared/wire';

/** What an evaluation of a site for a step must be about, under the contract that its manifest names. */
export const evaluationTerms = (
  contract: Contract,
  manifest: Pick<ContributionManifest, 'site' | 'step' | 'contract'>,
  model: BlobHash,
): EvaluationTerms => ({
  run: contract.run,
  contract: manifest.contract,
  step: manifest.step,
  site: manifest.site,
  model,
  classes: contract.runFile.model.classes,
  minimumCell: contract.runFile.validation.minimumCell,
});
