import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto';
import { fail } from '../errors/index.js';
import { freeNow } from '../memory/index.js';

/** Directions have keys of their own, so that a frame can never be turned round. */
export type Role = 'site' | 'coordinator';

/** What a completed handshake gives to each end. */
export interface ChannelKeys {
  /** 32 bytes. */
  readonly sendKey: Uint8Array;
  /** 32 bytes. */
  readonly receiveKey: Uint8Array;
  /** 16 bytes, the same at both ends. */
  readonly session: Uint8Array;
  readonly role: Role;
}

/** A piece of a blob: its transfer, its first byte's offset and its bytes. */
export interface TransferFrame {
  readonly transfer: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export type Unsealed =
  | { readonly kind: 'control'; readonly json: unknown }
  | ({ readonly kind: 'frame' } & TransferFrame);

/** Both directions of one session. Frames must be opened in the order in which the other end sealed them. */
export interface Channel {
  sealControl(message: object): Uint8Array;
  sealFrame(frame: TransferFrame): Uint8Array;
  /** @throws CSM-CHANNEL-FORMAT, CSM-CHANNEL-SEQUENCE, CSM-CHANNEL-SEAL; after any of them CSM-CHANNEL-BROKEN */
  open(bytes: Uint8Array): Unsealed;
}

const cipher = 'chacha20-poly1305';
const headerBytes = 24;
const tagBytes = 16;
const sessionBytes = 16;
const kinds = { control: 1, frame: 2 } as const;
const directions = { site: 1, coordinator: 2 } as const;

/** What sealing adds to a message. */
export const sealOverheadBytes = headerBytes + tagBytes;

/**
 * Seals and opens the messages of one session with ChaCha20-Poly1305 (RFC 8439).
 *
 * A frame is header ‖ ciphertext ‖ tag. The header (24 bytes, big-endian) is kind u8, three zero bytes, transfer u32,
 * sequence u64, offset u64. The nonce is the sequence; associated data are session ‖ direction ‖ header. Sequences
 * count from 0 in each direction and the receiver takes the next one only, so a frame that was replayed, dropped,
 * reordered, altered or sent back is refused, and the channel with it.
 */
export function sealedChannel({ sendKey, receiveKey, session, role }: ChannelKeys): Channel {
  const sealKey = createSecretKey(sendKey);
  const openKey = createSecretKey(receiveKey);
  const outbound = associate(session, directions[role]);
  const inbound = associate(session, directions[role === 'site' ? 'coordinator' : 'site']);
  let sent = 0;
  let received = 0;
  let broken = false;

  function seal(kind: number, transfer: number, offset: number, plain: Uint8Array): Uint8Array {
    const frame = Buffer.allocUnsafeSlow(headerBytes + plain.length + tagBytes);
    frame.fill(0, 0, headerBytes);
    frame[0] = kind;
    frame.writeUInt32BE(transfer, 4);
    frame.writeBigUInt64BE(BigInt(sent), 8);
    frame.writeBigUInt64BE(BigInt(offset), 16);
    const sealer = createCipheriv(cipher, sealKey, nonceOf(sent), { authTagLength: tagBytes });
    sealer.setAAD(outbound(frame), { plaintextLength: plain.length });
    const hidden = sealer.update(plain);
    hidden.copy(frame, headerBytes);
    freeNow(hidden);
    sealer.final();
    sealer.getAuthTag().copy(frame, headerBytes + plain.length);
    sent++;
    return frame;
  }

  function unseal(bytes: Uint8Array): Unsealed {
    if (bytes.length < sealOverheadBytes) fail('CSM-CHANNEL-FORMAT', { problem: 'too short' });
    const frame = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const kind = frame[0];
    if (kind !== kinds.control && kind !== kinds.frame) fail('CSM-CHANNEL-FORMAT', { problem: 'unknown kind' });
    const sequence = Number(frame.readBigUInt64BE(8));
    if (sequence !== received) fail('CSM-CHANNEL-SEQUENCE', { got: sequence, expected: received });
    const end = frame.length - tagBytes;
    const opener = createDecipheriv(cipher, openKey, nonceOf(received), { authTagLength: tagBytes });
    opener.setAAD(inbound(frame), { plaintextLength: end - headerBytes });
    opener.setAuthTag(frame.subarray(end));
    const plain = opener.update(frame.subarray(headerBytes, end));
    try {
      opener.final();
    } catch {
      fail('CSM-CHANNEL-SEAL');
    }
    received++;
    if (kind === kinds.control) return { kind: 'control', json: parse(plain) };
    const offset = Number(frame.readBigUInt64BE(16));
    if (!Number.isSafeInteger(offset)) fail('CSM-CHANNEL-FORMAT', { problem: 'offset too large' });
    // No Buffer, whose `slice` is no copy: who takes a frame over must be able to keep a part of it.
    const piece = new Uint8Array(plain.buffer, plain.byteOffset, plain.byteLength);
    return { kind: 'frame', transfer: frame.readUInt32BE(4), offset, bytes: piece };
  }

  return {
    sealControl: (message) => seal(kinds.control, 0, 0, Buffer.from(JSON.stringify(message), 'utf8')),
    sealFrame: ({ transfer, offset, bytes }) => seal(kinds.frame, transfer, offset, bytes),
    open(bytes) {
      if (broken) fail('CSM-CHANNEL-BROKEN');
      broken = true;
      const opened = unseal(bytes);
      broken = false;
      return opened;
    },
  };
}

function associate(session: Uint8Array, direction: number): (frame: Uint8Array) => Uint8Array {
  const data = Buffer.alloc(sessionBytes + 1 + headerBytes);
  data.set(session);
  data[sessionBytes] = direction;
  return (frame) => {
    data.set(frame.subarray(0, headerBytes), sessionBytes + 1);
    return data;
  };
}

function nonceOf(sequence: number): Uint8Array {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64BE(BigInt(sequence), 4);
  return nonce;
}

function parse(plain: Buffer): unknown {
  try {
    return JSON.parse(plain.toString('utf8'));
  } catch {
    return fail('CSM-CHANNEL-FORMAT', { problem: 'a control message that is no JSON' });
  }
}
