// What both processes of the transfer bench share: who is who, and a channel without sealing that exists here alone.
import { createIdentity, issueCertificate } from '@consilium/shared/crypto';

export const mebibytes = 80;
export const folderVariable = 'CONSILIUM_BENCH_FOLDER';

const seeded = (byte) => createIdentity(new Uint8Array(32).fill(byte));
const consortium = 'ab'.repeat(16);
const lead = seeded(1);
export const coordinator = seeded(2);
export const site = seeded(3);
export const trust = { lead: lead.publicKey, consortium, site: 'north' };
export const certificate = issueCertificate(lead, {
  consortium,
  role: 'coordinator',
  id: 'coordinator',
  publicKey: coordinator.publicKey,
  revision: 1,
  revoked: false,
});

/** The sealed channel's frames with nothing sealed: header, bytes as they are, room for a tag. */
export function plainChannel() {
  const headerBytes = 24;
  const tagBytes = 16;
  const put = (kind, transfer, offset, bytes) => {
    const frame = Buffer.allocUnsafeSlow(headerBytes + bytes.length + tagBytes);
    frame[0] = kind;
    frame.writeUInt32BE(transfer, 4);
    frame.writeBigUInt64BE(BigInt(offset), 16);
    frame.set(bytes, headerBytes);
    return frame;
  };
  return {
    sealControl: (message) => put(1, 0, 0, Buffer.from(JSON.stringify(message))),
    sealFrame: ({ transfer, offset, bytes }) => put(2, transfer, offset, bytes),
    open(given) {
      const frame = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
      const bytes = frame.subarray(headerBytes, -tagBytes);
      return frame[0] === 1
        ? { kind: 'control', json: JSON.parse(bytes.toString()) }
        : { kind: 'frame', transfer: frame.readUInt32BE(4), offset: Number(frame.readBigUInt64BE(16)), bytes };
    },
  };
}

/** Answers each message of the parent with what `work` makes of it. */
export function serve(work) {
  process.on('message', async ({ id, ...asked }) => process.send({ id, answer: await work(asked) }));
  process.once('disconnect', () => process.exit());
  process.send({ id: 'ready' });
}
