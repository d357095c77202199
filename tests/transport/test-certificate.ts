import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** DER of ASN.1: a tag, the length of the content, the content. */
function der(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  const long = body.length > 255 ? [0x82, body.length >> 8, body.length & 255] : [0x81, body.length];
  return Buffer.concat([Buffer.from([tag, ...(body.length < 128 ? [body.length] : long)]), body]);
}

const sequence = (...content: readonly Uint8Array[]) => der(0x30, ...content);
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'));
const named = (name: string) => sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(name)))));
const time = (text: string) => der(0x18, Buffer.from(text));
const ecdsaSha256 = sequence(oid('2a8648ce3d040302'));
const pem = (label: string, bytes: Buffer) =>
  [
    `-----BEGIN ${label}-----`,
    ...(bytes.toString('base64').match(/.{1,64}/g) ?? []),
    `-----END ${label}-----`,
    '',
  ].join('\n');

function issue(subject: string, key: KeyObject, issuer: string, issuerKey: KeyObject, authority: boolean): string {
  const constraints = sequence(
    oid('551d13'),
    der(0x01, Buffer.from([255])),
    der(0x04, sequence(...(authority ? [der(0x01, Buffer.from([255]))] : []))),
  );
  const loopback = sequence(oid('551d11'), der(0x04, sequence(der(0x87, Buffer.from([127, 0, 0, 1])))));
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ecdsaSha256,
    named(issuer),
    sequence(time('20200101000000Z'), time('20990101000000Z')),
    named(subject),
    key.export({ format: 'der', type: 'spki' }),
    der(0xa3, sequence(constraints, ...(authority ? [] : [loopback]))),
  );
  const signed = der(0x03, Buffer.from([0]), sign('sha256', body, issuerKey));
  return pem('CERTIFICATE', sequence(body, ecdsaSha256, signed));
}

/** A private authority and a server certificate for 127.0.0.1 that it signed, made anew (X.509 v3, P-256). */
export function createTestCertificate() {
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const server = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    ca: issue('test authority', authority.publicKey, 'test authority', authority.privateKey, true),
    cert: issue('test server', server.publicKey, 'test authority', authority.privateKey, false),
    key: server.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
}
