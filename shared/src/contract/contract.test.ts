import { generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../canonical.js';
import { CodedError } from '../errors/index.js';
import { consortiumId, type PublicKey, publicKey, runId, signature } from '../ids.js';
import { contractHash, openContract, type SignedContract } from './contract.js';
import { featureList } from './feature-list.js';
import { encodeContract, makeContract, type Sign, signContract } from './make-contract.js';
import { readRunFile } from './read-run-file.js';

const run = readRunFile(`name: demo
model: { family: attention-aml, classes: [A, B] }
data:
  kind: expression-table
  label: subtype
  features: { file: panel.txt }
  transforms: [{ log1p: [GENE2] }]
  files: { features: expression.csv }
training: { rounds: 3, optimizer: { name: adam, rate: 1e-3 } }
`);
const panel = '# two genes\nGENE2\n\nGENE1\n';
const consortium = consortiumId.parse('c'.repeat(32));

const message = (domain: string, bytes: Uint8Array): Uint8Array =>
  Buffer.concat([Buffer.from(`${domain}\0`), Buffer.from(sha256(bytes), 'hex')]);
function lead(): { key: PublicKey; sign: Sign; verifyWith: KeyObject } {
  const pair = generateKeyPairSync('ed25519');
  const key = publicKey.parse(pair.publicKey.export({ format: 'jwk' }).x);
  return {
    key,
    verifyWith: pair.publicKey,
    sign: (domain, bytes) => signature.parse(sign(null, message(domain, bytes), pair.privateKey).toString('base64url')),
  };
}
const ours = lead();
const trust = {
  lead: ours.key,
  consortium,
  now: new Date('2026-01-01T00:00:00Z'),
  verify: (key: PublicKey, domain: string, bytes: Uint8Array, signed: string) =>
    key === ours.key && verify(null, message(domain, bytes), ours.verifyWith, Buffer.from(signed, 'base64url')),
};
const terms = makeContract({
  runFile: run,
  files: { 'panel.txt': panel, 'unrelated.txt': 'not in the contract' },
  consortium,
  run: runId.parse('a'.repeat(32)),
  notAfter: new Date('2026-02-01T00:00:00Z'),
});
const signed = signContract(terms, ours.sign);
const codeOf = (action: () => unknown): string => {
  try {
    action();
  } catch (thrown) {
    if (thrown instanceof CodedError) return thrown.code;
    throw thrown;
  }
  return 'none';
};

describe('a contract', () => {
  it('is opened as it was signed, with the files that the run file names and no others', () => {
    const opened = openContract(encodeContract(signed), trust);
    expect(opened).toEqual(terms);
    expect(contractHash(opened)).toBe(contractHash(terms));
    expect(Object.keys(opened.files)).toEqual(['panel.txt']);
    expect(featureList(opened)).toEqual(['GENE2', 'GENE1']);
  });

  const altered: readonly (readonly [string, SignedContract])[] = [
    ['an altered setting', { ...signed, contract: { ...terms, runFile: { ...run, seed: 8 } } }],
    [
      'an altered file',
      { ...signed, contract: { ...terms, files: { 'panel.txt': { ...terms.files['panel.txt']!, text: 'GENE3' } } } },
    ],
    ['the signature of another key', signContract(terms, lead().sign)],
    ['a signature over something else', { ...signed, signature: ours.sign('other-domain', Buffer.from('x')) }],
  ];
  it.each(altered)('is refused with %s', (_, forged) => {
    expect(codeOf(() => openContract(encodeContract(forged), trust))).toBe('CSM-CONTRACT-SIGNATURE');
  });

  it('is refused unsigned, as another form, and as bytes that are no JSON', () => {
    for (const bytes of [
      Buffer.from(JSON.stringify(terms)),
      Buffer.from('{}'),
      Buffer.from('\xff'),
      new Uint8Array(0),
    ]) {
      expect(codeOf(() => openContract(bytes, trust))).toBe('CSM-CONTRACT-SIGNATURE');
    }
  });

  it('is refused after its end and by another consortium', () => {
    const late = { ...trust, now: new Date('2026-02-01T00:00:01Z') };
    expect(codeOf(() => openContract(encodeContract(signed), late))).toBe('CSM-CONTRACT-EXPIRED');
    const other = { ...trust, consortium: consortiumId.parse('d'.repeat(32)) };
    expect(codeOf(() => openContract(encodeContract(signed), other))).toBe('CSM-CONTRACT-FOREIGN');
  });

  const lists: readonly (readonly [string, Record<string, string>, string])[] = [
    ['is absent', {}, 'CSM-RUNFILE-MISSING'],
    ['is named like a built-in property only', { constructor: 'GENE2' }, 'CSM-RUNFILE-MISSING'],
    ['holds no name', { 'panel.txt': '# nothing\n' }, 'CSM-RUNFILE-FEATURES'],
    ['holds a name twice', { 'panel.txt': 'GENE2\nGENE2' }, 'CSM-RUNFILE-FEATURES'],
    ['lacks a column that a transform names', { 'panel.txt': 'GENE1' }, 'CSM-RUNFILE-FEATURES'],
  ];
  it.each(lists)('is not made when the feature list %s', (_, files, code) => {
    expect(codeOf(() => makeContract({ ...terms, notAfter: new Date(), files }))).toBe(code);
  });
});
