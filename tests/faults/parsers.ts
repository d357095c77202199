import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { checkUpdate } from '@consilium/coordinator/aggregation';
import { memoryBlobs } from '@consilium/coordinator/store';
import { canonicalBytes, sha256 } from '@consilium/shared/canonical';
import { openContract, readRunFile } from '@consilium/shared/contract';
import { createIdentity, openSecret, parseEnrolmentCode, sealedChannel, verify } from '@consilium/shared/crypto';
import { type ConsortiumId, signature, siteId } from '@consilium/shared/ids';
import { readJournal, sealRecord } from '@consilium/shared/journal';
import { readPreparation } from '@consilium/shared/statistics';
import { decodeWeights, encodeUpdate, encodeWeights, updateForm } from '@consilium/shared/weights';
import { coordinatorMessage, readMessage, signedManifest, siteMessage } from '@consilium/shared/wire';
import {
  asFileFault,
  openBags,
  openBytes,
  readImage,
  readMatrixMarket,
  readNpy,
} from '@consilium/site-agent/data/readers';

/** Something that reads bytes which another wrote: a good example, and what reads it. It takes them, or refuses with a code. */
export interface Parser {
  readonly example: Uint8Array;
  /** @param folder a place for those that read files */
  read(bytes: Uint8Array, folder: string): unknown;
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');
const json = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(text(bytes));
  } catch {
    return null;
  }
};
const key = new Uint8Array(32).fill(1);
const keys = { sendKey: key, receiveKey: key, session: new Uint8Array(16) };
const hash = sha256(Buffer.from('a model'));

const runFile = `name: example
model: { family: attention-aml, preset: small, classes: [x, y] }
data: { kind: expression-table, label: label, files: { features: table.csv } }
training: { rounds: 2, optimizer: { name: sgd, rate: 0.1 } }
seed: 7
`;

const weights = encodeWeights({
  layout: [{ name: 'dense/kernel', shape: [3, 4] }],
  metadata: { format: 'consilium-weights-1', family: 'x', preset: 'y' },
  values: new Float32Array(12).fill(0.5),
});

const model = decodeWeights(weights);
const coded = encodeUpdate(updateForm(model, { codec: 'int8' }), {
  ...{ base: model.values, residual: null },
  trained: model.values.map((value, index) => value + index),
}).file;

async function checkCoded(bytes: Uint8Array): Promise<void> {
  const { blobs, close } = memoryBlobs();
  try {
    const [base, update] = [await blobs.write(weights), await blobs.write(bytes)];
    const site = siteId.parse('hospital-a');
    await checkUpdate({ site, base, update, coding: { codec: 'int8' }, blobs, normBound: 1e6 });
  } finally {
    await close();
  }
}

const record = sealRecord(null, { chain: 'run', time: '2026-01-01T00:00:00.000Z', type: 'noted', body: { a: 1 } }, () =>
  signature.parse('A'.repeat(86)),
);

const npy = Buffer.concat([
  Buffer.from('\x93NUMPY\x01\x00\x76\x00', 'latin1'),
  Buffer.from(`${"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }".padEnd(117)}\n`),
  Buffer.alloc(24),
]);

const status = {
  type: 'status',
  instance: '0123456789abcdef',
  version: '0.1.0',
  node: 'v20.19.0',
  backend: null,
  run: null,
  step: null,
  activity: 'idle',
  progress: null,
  error: null,
};

/** Drains a file of text as the tables do. */
async function drain(path: string): Promise<void> {
  try {
    for await (const piece of openBytes(path)) void piece;
  } catch (thrown) {
    throw asFileFault(thrown, path);
  }
}

const inFile =
  (name: string, read: (path: string) => Promise<unknown>): Parser['read'] =>
  async (bytes, folder) => {
    const path = join(folder, name);
    await writeFile(path, bytes);
    return read(path);
  };

/** Every parser of what comes from another machine or from a file. A new one has one line here. */
export const parsers: Readonly<Record<string, Parser>> = {
  'a sealed frame': {
    example: sealedChannel({ ...keys, role: 'site' }).sealFrame({ transfer: 1, offset: 0, bytes: new Uint8Array(64) }),
    read: (bytes) => sealedChannel({ ...keys, role: 'coordinator' }).open(bytes),
  },
  "a site's message": { example: canonicalBytes(status), read: (bytes) => readMessage(siteMessage, json(bytes)) },
  "a coordinator's message": {
    example: canonicalBytes({ type: 'assignment', work: null }),
    read: (bytes) => readMessage(coordinatorMessage, json(bytes)),
  },
  'a manifest': {
    example: canonicalBytes({ manifest: {} }),
    read: (bytes) => readMessage(signedManifest, json(bytes)),
  },
  weights: { example: weights, read: decodeWeights },
  'an update in fewer bits': { example: coded, read: checkCoded },
  'a run file': { example: Buffer.from(runFile), read: (bytes) => readRunFile(text(bytes)) },
  'a contract': {
    example: canonicalBytes({ contract: { format: 'consilium-contract-1' }, signature: 'A'.repeat(86) }),
    read: (bytes) =>
      openContract(bytes, {
        lead: createIdentity().publicKey,
        consortium: '0'.repeat(32) as ConsortiumId,
        now: new Date(0),
        verify,
      }),
  },
  'a journal': {
    example: Buffer.concat([canonicalBytes(record), Buffer.from('\n')]),
    async read(bytes) {
      for await (const one of readJournal([bytes])) void one;
    },
  },
  'a preparation': {
    example: canonicalBytes({
      format: 'consilium-preparation-1',
      features: ['a'],
      classCounts: [5],
      samples: 5,
      scale: null,
    }),
    read: readPreparation,
  },
  'a one-time code': { example: Buffer.from('consilium-1-abc'), read: (bytes) => parseEnrolmentCode(text(bytes)) },
  'a sealed key': {
    example: canonicalBytes({ format: 'consilium-secret-1', kdf: { name: 'scrypt', n: 0 }, sealed: hash }),
    read: (bytes) => openSecret(json(bytes), 'x'),
  },
  'a table, packed': {
    example: gzipSync('patient,label,gene\np1,x,0.5\n'),
    read: inFile('table.csv.gz', drain),
  },
  'a NumPy array': { example: npy, read: readNpy },
  'a bag of features': { example: npy, read: inFile('bag.npy', (path) => openBags(path).then((file) => file.close())) },
  'a sparse matrix': {
    example: Buffer.from('%%MatrixMarket matrix coordinate integer general\n2 2 1\n1 1 5\n'),
    read: inFile('matrix.mtx', readMatrixMarket),
  },
  'an image': {
    example: Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    ),
    read: inFile('image.png', readImage),
  },
};
