// Sites that speak the real protocol and do no training, in a process of their own: takes enrolment codes from its
// parent, answers with the sites' keys once all are connected, and works until the parent lets go.
import { randomBytes } from 'node:crypto';
import { canonicalBytes, sha256 } from '@consilium/shared/canonical';
import { createIdentity, parseEnrolmentCode, sign } from '@consilium/shared/crypto';
import { decodeWeights, encodeWeights } from '@consilium/shared/weights';
import { manifestDomain, silentLog, systemClock } from '@consilium/shared/wire';
import { connect, memorySource } from '@consilium/site-agent/connection';

const samples = 40;
const features = Array.from({ length: 188 }, (_, index) => `gene-${String(index).padStart(3, '0')}`);
const salt = () => randomBytes(16).toString('base64url');
const stop = new AbortController();

process.on('disconnect', () => process.exit());
process.on('message', async (codes) => process.send(await Promise.all(codes.map(openSite))));

/** @returns the site's public key, once it is connected */
async function openSite(code) {
  const { address, lead, consortium, site, secret } = parseEnrolmentCode(code);
  const identity = createIdentity();
  const connection = connect({
    address,
    identity,
    trust: { lead, consortium, site },
    secret,
    instance: randomBytes(8).toString('hex'),
    clock: systemClock,
    log: silentLog,
    signal: stop.signal,
  });

  async function work({ run, contract, step, model }) {
    const made = contributionTo(step, site, model && (await fetchBlob(connection, { run, step, hash: model })));
    if (made === null) return;
    const { kind, codec, blob } = made;
    const hash = sha256(blob);
    await connection.upload({ run, step, hash }, memorySource(blob));
    const bytes = blob.length;
    const manifest = { consortium, run, contract, step, site, base: model, kind, codec, samples, hash, bytes };
    const signature = sign(identity, manifestDomain, canonicalBytes(manifest));
    const verdict = await connection.submit({ manifest, signature });
    if (verdict.outcome === 'refused') throw new Error(`${site} was refused in ${step}: ${verdict.error.code}`);
  }

  let begun = null;
  connection.onAssignment(({ work: task }) => {
    if (task === null || task.verdict !== null || task.step === begun) return;
    begun = task.step;
    void work(task);
  });
  await new Promise((resolve) => {
    connection.onState(({ kind }) => {
      if (kind === 'connected') resolve();
    });
  });
  return identity.publicKey;
}

async function fetchBlob(connection, blob) {
  const parts = [];
  await connection.fetch(blob, {
    offset: async () => 0,
    write: async (_, bytes) => void parts.push(bytes.slice()),
    digest: async () => sha256(Buffer.concat(parts)),
    discard: async () => void parts.splice(0),
  });
  return new Uint8Array(Buffer.concat(parts));
}

/** What a site sends for a step; null where the bench ends. */
function contributionTo(step, site, model) {
  if (step === 'prepare:cohort:1') {
    return json({
      format: 'consilium-cohort-1',
      salt: salt(),
      samples: { train: samples, validation: 10, test: 10 },
      classCounts: [samples - 20, 10, 10],
      features,
      missingFeatures: 0,
      counts: { read: samples + 20, kept: samples + 20, otherLabel: 0, quarantined: 0 },
    });
  }
  if (step === 'prepare:scale:1') {
    const each = (value) => features.map(() => value);
    return json({ format: 'consilium-scale-1', salt: salt(), n: each(samples), mean: each(0), m2: each(samples) });
  }
  if (step === 'test') return null;
  const { layout, metadata, values } = decodeWeights(model);
  const shift = Number(/\d+/.exec(site)) / 1000;
  return {
    kind: 'update',
    codec: 'f32',
    blob: encodeWeights({ layout, metadata, values: values.map((value) => value + shift) }),
  };
}

const json = (value) => ({ kind: 'statistics', codec: 'json', blob: canonicalBytes(value) });
