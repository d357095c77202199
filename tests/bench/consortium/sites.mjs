// Sites of a bench: processes of their own, in each several sites that speak the real protocol and do no training.
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { canonicalBytes, sha256 } from '@consilium/shared/canonical';
import { createIdentity, parseEnrolmentCode, sign } from '@consilium/shared/crypto';
import { manifestDomain, silentLog, systemClock } from '@consilium/shared/wire';
import { connect, memorySource } from '@consilium/site-agent/connection';

const samples = 40;
const salt = () => randomBytes(16).toString('base64url');

/** Starts a program that calls `serveSites`, with so many sites, each enrolled by a code and approved. */
export async function startSites({ program, lead, names, environment = {} }) {
  const codes = await Promise.all(names.map(lead.invite));
  const child = fork(program, { env: { ...process.env, ...environment } });
  child.send(codes);
  const [keys] = await once(child, 'message');
  for (const [place, name] of names.entries()) await lead.approve(name, keys[place]);
  return {
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.disconnect();
      await once(child, 'exit');
    },
  };
}

/**
 * The other end of `startSites`: takes codes from the parent, answers with the sites' keys once all are connected, and
 * works until the parent lets go.
 * @param contribute ({ site, run, step, model }, connection) → contribution, or null where the bench ends
 */
export function serveSites(contribute) {
  process.on('disconnect', () => process.exit());
  process.on('message', async (codes) =>
    process.send(await Promise.all(codes.map((code) => openSite(code, contribute)))),
  );
}

/** @returns the site's public key, once it is connected */
async function openSite(code, contribute) {
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
    signal: new AbortController().signal,
  });

  async function work({ run, contract, step, model }) {
    const made = await contribute({ site, run, step, model }, connection);
    if (made === null) return;
    const { kind, codec, hash, source } = made;
    await connection.upload({ run, step, hash }, source);
    const { bytes } = source;
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

/** A contribution whose bytes are at hand. */
export const contribution = (kind, codec, blob) => ({ kind, codec, hash: sha256(blob), source: memorySource(blob) });

/** A blob that the assignment names. */
export async function fetchBlob(connection, blob) {
  const parts = [];
  await connection.fetch(blob, {
    offset: async () => 0,
    write: async (_, bytes) => void parts.push(bytes.slice()),
    digest: async () => sha256(Buffer.concat(parts)),
    discard: async () => void parts.splice(0),
  });
  return new Uint8Array(Buffer.concat(parts));
}

/** What a site sends in preparation; undefined for other steps. */
export function statistics(step, features) {
  const each = (value) => features.map(() => value);
  switch (step) {
    case 'prepare:cohort:1':
      return json({
        format: 'consilium-cohort-1',
        salt: salt(),
        samples: { train: samples, validation: 10, test: 10 },
        classCounts: [samples - 20, 10, 10],
        features,
        missingFeatures: 0,
        counts: { read: samples + 20, kept: samples + 20, otherLabel: 0, quarantined: 0 },
      });
    case 'prepare:scale:1':
      return json({ format: 'consilium-scale-1', salt: salt(), n: each(samples), mean: each(0), m2: each(samples) });
    default:
      return undefined;
  }
}

const json = (value) => contribution('statistics', 'json', canonicalBytes(value));

/** Names of features, so many. */
export const featureNames = (count) =>
  Array.from({ length: count }, (_, index) => `gene-${String(index).padStart(5, '0')}`);
