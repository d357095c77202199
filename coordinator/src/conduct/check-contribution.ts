import { contributionOf, idOf, updateSettings } from '@consilium/shared/contract';
import { verify } from '@consilium/shared/crypto';
import { fail } from '@consilium/shared/errors';
import type { PublicKey, SiteId } from '@consilium/shared/ids';
import type { SignedManifest } from '@consilium/shared/wire';
import { checkManifest } from '../aggregation/index.js';
import { baseOf, currentStep, type RunState, samplesOf } from '../rounds/index.js';

/**
 * Checks what a site signed against the run's open step: it must be that site's word on this very step.
 * @throws CSM-UPDATE-*
 */
export function checkContribution(
  state: RunState,
  site: SiteId,
  publicKey: PublicKey,
  contribution: SignedManifest,
): void {
  const { contract, contractHash, contracts } = state;
  const { manifest } = contribution;
  const step = currentStep(state);
  const kind = step === null ? null : contributionOf(step);
  if (step === null || kind === null || contractHash === null || state.phase === 'closed') {
    fail('CSM-UPDATE-LATE', { site, step: manifest.step });
  }
  const declares = step.kind === 'prepare' && step.name === 'cohort';
  checkManifest(
    contribution,
    {
      consortium: contract.consortium,
      run: contract.run,
      contract: contracts.find((known) => known === manifest.contract) ?? contractHash,
      step: idOf(step),
      base: baseOf(state),
      site,
      publicKey,
      kind,
      codec: kind === 'update' ? updateSettings(contract.runFile).codec : 'json',
      samples: declares ? 'declares' : (samplesOf(state, site, step) ?? 'unsigned'),
      hash: manifest.hash,
      bytes: manifest.bytes,
    },
    verify,
  );
}
