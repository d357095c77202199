// The site's process of the transfer bench: sends one blob from memory, or fetches it, over the asked connection.
import { createHash, randomBytes } from 'node:crypto';
import { silentLog, systemClock } from '@consilium/shared/wire';
import { connect, memorySource } from '@consilium/site-agent/connection';
import { mebibytes, plainChannel, serve, site, trust } from './transfer.parts.mjs';

const bytes = randomBytes(mebibytes * 2 ** 20);
const hash = createHash('sha256').update(bytes).digest('hex');
const connections = {};

function open(port, more) {
  return connect({
    address: `http://127.0.0.1:${port}`,
    identity: site,
    trust,
    instance: '0123456789abcdef',
    clock: systemClock,
    log: silentLog,
    signal: new AbortController().signal,
    ...more,
  });
}

/** Counts what comes; the digest is checked on one fetch before the measured ones. */
function countingSink() {
  let size = 0;
  return {
    offset: async () => size,
    write: async (_, part) => {
      size += part.length;
    },
    digest: async () => hash,
    discard: async () => {},
  };
}

serve(async ({ ports, mode, way }) => {
  if (ports !== undefined) {
    connections.sealed = open(ports.sealed, {});
    connections.plain = open(ports.plain, { channel: plainChannel });
    return hash;
  }
  const blob = { run: randomBytes(16).toString('hex'), step: 'train:0:1', hash };
  if (way === 'up') await connections[mode].upload(blob, memorySource(bytes));
  else await connections[mode].fetch(blob, countingSink());
  return null;
});
