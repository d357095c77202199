import { canonicalBytes } from '@consilium/shared/canonical';
import { certificateDomain, verify } from '@consilium/shared/crypto';
import { coded } from '@consilium/shared/errors';
import { type ExportSeal, sealFile } from '@consilium/shared/exported';
import type { PublicKey } from '@consilium/shared/ids';
import { type Finding, finding } from './finding.js';

/** Whose keys the lead certified, former and revoked ones too: what they signed before stays theirs. */
export interface CertifiedKeys {
  readonly coordinator: readonly PublicKey[];
  ofSite(site: string): readonly PublicKey[];
}

/** Reads the lead's words in a seal, each against the lead's key. */
export function certifiedKeys({ lead, consortium, certificates }: ExportSeal): {
  readonly keys: CertifiedKeys;
  readonly findings: readonly Finding[];
} {
  const coordinator: PublicKey[] = [];
  const sites = new Map<string, PublicKey[]>();
  const findings: Finding[] = [];
  for (const { body, signature } of certificates) {
    const { role, id, publicKey } = body;
    if (body.consortium !== consortium || !verify(lead, certificateDomain, canonicalBytes(body), signature)) {
      const problem = `the lead did not certify the key of ${id}`;
      findings.push(finding(sealFile, coded('CSM-VERIFY-SEAL', { file: sealFile, problem })));
    } else if (role === 'coordinator') coordinator.push(publicKey);
    else sites.set(id, [...(sites.get(id) ?? []), publicKey]);
  }
  return { keys: { coordinator, ofSite: (site) => sites.get(site) ?? [] }, findings };
}
