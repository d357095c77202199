import {
  type Contract,
  type Extension,
  extendContract,
  openContract,
  type SignedContract,
  signContract,
} from '@consilium/shared/contract';
import { type Identity, sign, verify } from '@consilium/shared/crypto';
import { fail } from '@consilium/shared/errors';
import type { ConsortiumId, RunId } from '@consilium/shared/ids';

export interface Extended {
  readonly present: Contract;
  readonly longer: Contract;
  readonly signed: SignedContract;
}

/**
 * Signs a longer contract of a run under way. What it extends is believed by the lead's own signature alone.
 * @param bytes the signed contract, as the coordinator gives it
 * @throws CSM-CONTRACT-SIGNATURE, CSM-CONTRACT-FOREIGN, CSM-EXTEND-*
 */
export function extendRun(
  lead: Identity,
  asked: {
    readonly consortium: ConsortiumId;
    readonly run: RunId;
    readonly bytes: Uint8Array;
    readonly wanted: Extension;
  },
): Extended {
  const { consortium, run, bytes, wanted } = asked;
  // One whose last date has passed can be given a later one.
  const present = openContract(bytes, { lead: lead.publicKey, consortium, now: new Date(0), verify });
  if (present.run !== run) fail('CSM-EXTEND-OTHER', { run });
  const longer = extendContract(present, wanted);
  return { present, longer, signed: signContract(longer, (domain, text) => sign(lead, domain, text)) };
}
