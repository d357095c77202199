import { type Contract, featureList, transformsOf } from '@consilium/shared/contract';
import { featuresBefore, type PreparationState } from '@consilium/shared/statistics';

/**
 * The features that all sites turned out to have, where a value depends on them: a share is of the total of these, whatever else a site's
 * tables hold and whichever of them were selected afterwards. Null where the contract lists its features, or nothing depends on them.
 */
export function commonFeatures(contract: Contract, state: PreparationState): readonly string[] | null {
  const shares = transformsOf(contract.runFile).some((step) => 'share' in step && step.share === 'all');
  return shares && featureList(contract) === null ? featuresBefore(state) : null;
}
