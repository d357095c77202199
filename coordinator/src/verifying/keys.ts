import { canonicalBytes } from '@consilium/shared/canonical';
import { type Certificate, certificateDomain, verify } from '@consilium/shared/crypto';
import { coded } from '@consilium/shared/errors';
import { type ExportSeal, sealFile } from '@consilium/shared/exported';
import type { PublicKey } from '@consilium/shared/ids';
import { type Finding, finding } from './finding.js';

/** A key that the lead certified, and the revision of that word. A key that was replaced may be certified once more. */
export interface CertifiedKey {
  readonly publicKey: PublicKey;
  readonly revision: number;
}

/** Whose keys the lead certified, former and revoked ones too: what they signed before stays theirs. */
export interface CertifiedKeys {
  readonly coordinator: readonly PublicKey[];
  /** By revision, oldest first; words that end a key are none. */
  ofSite(site: string): readonly CertifiedKey[];
  /** Whether a certificate is the lead's. */
  isWord(certificate: Certificate): boolean;
}

/** Reads the lead's words in a seal, each against the lead's key. */
export function certifiedKeys({ lead, consortium, certificates }: ExportSeal): {
  readonly keys: CertifiedKeys;
  readonly findings: readonly Finding[];
} {
  const coordinator: PublicKey[] = [];
  const sites = new Map<string, CertifiedKey[]>();
  const findings: Finding[] = [];
  const isWord = ({ body, signature }: Certificate): boolean =>
    body.consortium === consortium && verify(lead, certificateDomain, canonicalBytes(body), signature);
  for (const certificate of certificates) {
    const { role, id, publicKey, revision, revoked } = certificate.body;
    if (!isWord(certificate)) {
      const problem = `the lead did not certify the key of ${id}`;
      findings.push(finding(sealFile, coded('CSM-VERIFY-SEAL', { file: sealFile, problem })));
    } else if (role === 'coordinator') coordinator.push(publicKey);
    else if (!revoked) sites.set(id, [...(sites.get(id) ?? []), { publicKey, revision }]);
  }
  for (const words of sites.values()) words.sort((one, other) => one.revision - other.revision);
  return { keys: { coordinator, ofSite: (site) => sites.get(site) ?? [], isWord }, findings };
}
