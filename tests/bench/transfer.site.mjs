// The site's process of the transfer bench: sends a blob, or fetches it, over the asked connection.
import { createHash, randomBytes } from 'node:crypto';
import { silentLog, systemClock, windowBytes } from '@consilium/shared/wire';
import { connect } from '@consilium/site-agent/connection';
import { io } from 'socket.io-client';
import { plainChannel, serve, site, trust } from './transfer.parts.mjs';

const block = randomBytes(2 ** 20);
const step = 'train:0:1';
const run = randomBytes(16).toString('hex');
const connections = {};
let ports = null;
let starts = 0;

function open(mode) {
  connections[mode] = connect({
    address: `http://127.0.0.1:${ports[mode]}`,
    identity: site,
    trust,
    instance: String(++starts).padStart(16, '0'),
    clock: systemClock,
    log: silentLog,
    signal: new AbortController().signal,
    ...(mode === 'plain' && { channel: plainChannel }),
  });
}

/** Bytes that need no memory: one block again and again, each time with its place written over its beginning. */
const invented = (bytes) => ({
  bytes,
  async read(offset, length) {
    const part = Buffer.from(block.subarray(0, length));
    if (length >= 8) part.writeBigUInt64LE(BigInt(offset));
    return part;
  },
});

async function digestOf(source) {
  const hash = createHash('sha256');
  for (let at = 0; at < source.bytes; at += block.length) {
    hash.update(await source.read(at, Math.min(block.length, source.bytes - at)));
  }
  return hash.digest('hex');
}

/** Counts what comes, and what was there before. The digest is the coordinator's to check. */
const countingSink = (hash) => {
  let size = 0;
  return {
    offset: async () => size,
    write: async (_, part) => {
      size += part.length;
    },
    digest: async () => hash,
    discard: async () => {},
  };
};

const ask = {
  async begin({ ports: given, bytes }) {
    ports = given;
    for (const mode of ['sealed', 'plain']) if (connections[mode] === undefined) open(mode);
    return digestOf(invented(bytes));
  },
  /** As many bytes over socket.io alone, as many at once as a window allows. */
  async wire({ bytes }) {
    const socket = io(`http://127.0.0.1:${ports.wire}`, { transports: ['websocket'], forceNew: true });
    const source = invented(bytes);
    let next = 0;
    const sender = async () => {
      for (let at = next; at < bytes; at = next) {
        next += block.length;
        await socket.emitWithAck('piece', await source.read(at, Math.min(block.length, bytes - at)));
      }
    };
    await Promise.all(Array.from({ length: windowBytes / block.length }, sender));
    socket.disconnect();
    return null;
  },
  async move({ mode, way, hash, bytes, restarts = 0 }) {
    const sink = countingSink(hash);
    for (let left = restarts; ; left--) {
      const own = connections[mode];
      // The agent ends in the middle, as far as the coordinator can tell, and a new one goes on with what it finds.
      const total = (1 + restarts) * bytes;
      const onProgress = (done) => {
        if (left > 0 && done * (1 + restarts) >= total * ((restarts - left + 1) / (1 + restarts))) void own.close();
      };
      try {
        const blob = { run, step, hash };
        if (way === 'up') await own.upload(blob, invented(bytes), { onProgress });
        else await own.fetch(blob, sink, { onProgress });
        return null;
      } catch (thrown) {
        if (left === 0) throw thrown;
        await own.close();
        open(mode);
      }
    }
  },
};

serve(({ what, ...given }) => ask[what](given));
