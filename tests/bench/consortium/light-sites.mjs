// A process of light sites: each fetches the model whole, and sends it back changed. All sites of a process hold it once, so
// that many of them fit on one machine.
import { createHash } from 'node:crypto';
import { sha256 } from '@consilium/shared/canonical';
import { decodeHeader } from '@consilium/shared/weights';
import { memorySource } from '@consilium/site-agent/connection';
import { changeVariable, featuresVariable } from './light-sites.parts.mjs';
import { featureNames, serveSites, statistics } from './sites.mjs';

const headBytes = 2 ** 20;
const features = featureNames(Number(process.env[featuresVariable]));
const change = process.env[changeVariable] === 'all' ? allMoved : oneMoved;
let held = null;

serveSites(async ({ site, run, step, model }, connection) => {
  if (step === 'test') return null;
  const prepared = statistics(step, features);
  if (prepared !== undefined) return prepared;
  const began = performance.now();
  const bytes = await fetchModel(connection, { run, step, hash: model });
  const fetchMs = performance.now() - began;
  return { kind: 'update', codec: 'f32', ...change(bytes, Number(/\d+/.exec(site)) / 100_000), fetchMs };
});

/** Every site fetches the whole; the first one of the process keeps it. */
async function fetchModel(connection, blob) {
  const first = held?.hash !== blob.hash;
  if (first) held = { hash: blob.hash, bytes: kept() };
  const { bytes } = held;
  const parts = [];
  let size = 0;
  await connection.fetch(blob, {
    offset: async () => size,
    write: async (_, part) => {
      size += part.length;
      if (first) parts.push(new Uint8Array(part));
    },
    digest: async () => blob.hash,
    discard: async () => {},
  });
  if (first) bytes.keep(Buffer.concat(parts));
  return bytes.kept;
}

function kept() {
  let keep;
  const kept = new Promise((resolve) => {
    keep = resolve;
  });
  return { kept, keep };
}

/** The model with its first value moved: a blob of its own that takes no memory. */
function oneMoved(bytes, shift) {
  const at = decodeHeader(bytes.subarray(0, headBytes)).headerBytes;
  const value = Buffer.alloc(4);
  value.writeFloatLE(bytes.readFloatLE(at) + shift);
  const end = at + value.length;
  const digest = createHash('sha256').update(bytes.subarray(0, at)).update(value).update(bytes.subarray(end));
  const source = {
    bytes: bytes.length,
    async read(offset, length) {
      const part = bytes.subarray(offset, offset + length);
      if (at < offset || end > offset + length) return part;
      const copy = Buffer.from(part);
      value.copy(copy, at - offset);
      return copy;
    },
  };
  return { hash: digest.digest('hex'), source };
}

/** The model with every value moved. */
function allMoved(bytes, shift) {
  const own = new Uint8Array(bytes);
  const values = new Float32Array(own.buffer, decodeHeader(own.subarray(0, headBytes)).headerBytes);
  for (let index = 0; index < values.length; index++) values[index] += shift;
  return { hash: sha256(own), source: memorySource(own) };
}
