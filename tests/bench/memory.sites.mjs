// A process of sites of the memory bench: fetch the model, send it back with one value moved. All sites of a process
// hold it once, so that many of them fit on one machine.
import { createHash } from 'node:crypto';
import { decodeHeader } from '@consilium/shared/weights';
import { featureNames, serveSites, statistics } from './consortium/sites.mjs';
import { featuresVariable } from './memory.parts.mjs';

const headBytes = 2 ** 20;
const features = featureNames(Number(process.env[featuresVariable]));
let held = null;

serveSites(async ({ site, run, step, model }, connection) => {
  if (step === 'test') return null;
  const prepared = statistics(step, features);
  if (prepared !== undefined) return prepared;
  const bytes = await fetchModel(connection, { run, step, hash: model });
  return moved(bytes, Number(/\d+/.exec(site)) / 1000);
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
      if (first) parts.push(part.slice());
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

/** The model with its first value moved. */
function moved(bytes, shift) {
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
  return { kind: 'update', codec: 'f32', hash: digest.digest('hex'), source };
}
