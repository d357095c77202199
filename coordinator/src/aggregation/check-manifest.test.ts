import { canonicalBytes, sha256 } from '@consilium/shared/canonical';
import { createIdentity, sign, verify } from '@consilium/shared/crypto';
import { consortiumId, runId, siteId, stepId } from '@consilium/shared/ids';
import { type ContributionManifest, contributionManifest, manifestDomain } from '@consilium/shared/wire';
import { describe, expect, it } from 'vitest';
import { checkManifest, type ExpectedManifest } from './index.js';

const key = createIdentity(new Uint8Array(32).fill(1));
const stranger = createIdentity(new Uint8Array(32).fill(2));
const hash = (text: string) => sha256(Buffer.from(text));

const manifest: ContributionManifest = {
  consortium: consortiumId.parse('0'.repeat(32)),
  run: runId.parse('1'.repeat(32)),
  contract: hash('contract'),
  step: stepId.parse('train:0:3'),
  site: siteId.parse('hospital-a'),
  base: hash('model'),
  kind: 'update',
  codec: 'f32',
  samples: 120,
  hash: hash('update'),
  bytes: 4096,
};

const expected: ExpectedManifest = { ...manifest, publicKey: key.publicKey };

const signed = (changes: Partial<ContributionManifest> = {}, identity = key, domain = manifestDomain) => {
  const changed = contributionManifest.parse({ ...manifest, ...changes });
  return { manifest: changed, signature: sign(identity, domain, canonicalBytes(changed)) };
};

describe('manifest of a contribution', () => {
  it('is accepted when all of it is as expected', () => {
    expect(checkManifest(signed(), expected, verify)).toEqual(manifest);
  });

  it.each<[string, Partial<ContributionManifest>, string]>([
    ['another site', { site: siteId.parse('hospital-b') }, 'CSM-UPDATE-SITE'],
    ['another consortium', { consortium: consortiumId.parse('2'.repeat(32)) }, 'CSM-UPDATE-CONSORTIUM'],
    ['another run', { run: runId.parse('2'.repeat(32)) }, 'CSM-UPDATE-RUN'],
    ['another contract', { contract: hash('other') }, 'CSM-UPDATE-CONTRACT'],
    ['another round', { step: stepId.parse('train:0:2') }, 'CSM-UPDATE-ROUND'],
    ['another base', { base: hash('other') }, 'CSM-UPDATE-BASE'],
    ['no base', { base: null }, 'CSM-UPDATE-BASE'],
    ['another kind', { kind: 'report' }, 'CSM-UPDATE-KIND'],
    ['another codec', { codec: 'json' }, 'CSM-UPDATE-CODEC'],
    ['fewer bits than the run has updates coded in', { codec: 'int8' }, 'CSM-UPDATE-CODEC'],
    ['a changed sample count', { samples: 121 }, 'CSM-UPDATE-SAMPLES'],
    ['another blob', { hash: hash('other') }, 'CSM-UPDATE-DIGEST'],
    ['another size', { bytes: 4097 }, 'CSM-UPDATE-SIZE'],
  ])('is refused for %s', (_, changes, code) => {
    expect(() => checkManifest(signed(changes), expected, verify)).toThrow(expect.objectContaining({ code }));
  });

  it('is refused when the site never signed a sample count', () => {
    const never = { ...expected, samples: 'unsigned' } as const;
    expect(() => checkManifest(signed(), never, verify)).toThrow(
      expect.objectContaining({ code: 'CSM-UPDATE-SAMPLES-UNSIGNED' }),
    );
  });

  it('may name any sample count in the step that declares it', () => {
    const changes = {
      step: stepId.parse('prepare:cohort:1'),
      base: null,
      kind: 'statistics',
      codec: 'json',
      samples: 9,
    } as const;
    const declaring = { ...expected, ...changes, samples: 'declares' } as const;
    expect(checkManifest(signed(changes), declaring, verify).samples).toBe(9);
  });

  it('is refused when someone else signed it, for another purpose, or it was altered after', () => {
    const refused = expect.objectContaining({ code: 'CSM-UPDATE-SIGNATURE', details: { site: 'hospital-a' } });
    expect(() => checkManifest(signed({}, stranger), expected, verify)).toThrow(refused);
    expect(() => checkManifest(signed({}, key, 'consilium-contract-1'), expected, verify)).toThrow(refused);
    const altered = { ...signed(), manifest: { ...manifest, samples: 121 } };
    expect(() => checkManifest(altered, expected, verify)).toThrow(refused);
  });
});
