import { createPrivateKey, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import nacl from 'tweetnacl';
import { describe, expect, it } from 'vitest';
import { ephemeralOf, makeEphemeral } from './agreement.js';

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');
const privateDer = Buffer.from('302e020100300506032b656e04220420', 'hex');
const ephemeral = (secret: Uint8Array) =>
  ephemeralOf(createPrivateKey({ key: Buffer.concat([privateDer, secret]), format: 'der', type: 'pkcs8' }));

describe('an agreement', () => {
  it('has the bytes of tweetnacl, share and secret', () => {
    fc.assert(
      fc.property(bytes32, bytes32, (one, other) => {
        const [here, there] = [ephemeral(one), nacl.box.keyPair.fromSecretKey(other)];
        expect(here.share).toEqual(text(nacl.box.keyPair.fromSecretKey(one).publicKey));
        expect(here.agree(text(there.publicKey))).toEqual(nacl.box.before(there.publicKey, one));
      }),
      { numRuns: 15 },
    );
  });

  it('has them for any share that was never anybody’s', () => {
    fc.assert(
      fc.property(bytes32, bytes32, (secret, share) => {
        expect(ephemeral(secret).agree(text(share))).toEqual(nacl.box.before(share, secret));
      }),
      { numRuns: 15 },
    );
  });

  it.each([
    ['zero', '00'.repeat(32)],
    ['one', `01${'00'.repeat(31)}`],
    ['of order eight', 'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'],
    ['p, which is zero', `ed${'ff'.repeat(30)}7f`],
    ['zero with its highest bit set', `${'00'.repeat(31)}80`],
  ])('with the point %s is none, which tweetnacl does not say', (_, hex) => {
    const [point, secret] = [new Uint8Array(Buffer.from(hex, 'hex')), randomBytes(32)];
    expect(ephemeral(secret).agree(text(point))).toBeNull();
    expect(nacl.box.before(point, secret)).toEqual(nacl.box.before(new Uint8Array(32), randomBytes(32)));
  });

  it('is the same at both ends, and another one every time', () => {
    const [here, there, elsewhere] = [makeEphemeral(), makeEphemeral(), makeEphemeral()];
    expect(here.agree(there.share)).toEqual(there.agree(here.share));
    expect(here.agree(elsewhere.share)).not.toEqual(here.agree(there.share));
  });
});
