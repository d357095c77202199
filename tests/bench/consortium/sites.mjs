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

/** Calls of the lead under way at once, and sites that dial at once. */
const together = 32;

/** Starts a program that calls `serveSites`, with so many sites, each enrolled by a code and approved. */
export async function startSites({ program, lead, names, environment = {} }) {
  const codes = await inTurns(names, lead.invite);
  const child = fork(program, { env: { ...process.env, ...environment } });
  const answers = new Map();
  child.on('message', ({ id, answer }) => answers.get(id)?.(answer));
  let asked = 0;
  const ask = (what, given = null) =>
    new Promise((resolve, reject) => {
      const id = asked++;
      const onExit = (status) => reject(new Error(`a process of sites ended with ${status}`));
      answers.set(id, (answer) => {
        answers.delete(id);
        child.off('exit', onExit);
        resolve(answer);
      });
      child.once('exit', onExit);
      child.send({ id, what, given });
    });
  const keys = await ask('open', codes);
  await inTurns([...names.entries()], ([place, name]) => lead.approve(name, keys[place]));
  return {
    /** How many are connected now, how often one lost its link, and how long steps took since this was last asked. */
    news: () => ask('news'),
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.disconnect();
      await once(child, 'exit');
    },
  };
}

/** The same for each of many, some at a time. */
async function inTurns(items, work) {
  const done = new Array(items.length);
  let next = 0;
  const one = async () => {
    for (let place = next++; place < items.length; place = next++) done[place] = await work(items[place]);
  };
  await Promise.all(Array.from({ length: Math.min(together, items.length) }, one));
  return done;
}

/**
 * The other end of `startSites`: takes codes from the parent, answers with the sites' keys once all are connected, and
 * works until the parent lets go.
 * @param contribute ({ site, run, step, model }, connection) → contribution, or null where the bench ends
 */
export function serveSites(contribute) {
  const sites = [];
  const ask = {
    async open(codes) {
      sites.push(...(await inTurns(codes, (code) => openSite(code, contribute))));
      return sites.map(({ publicKey }) => publicKey);
    },
    news: () => ({
      connected: sites.filter((site) => site.isConnected()).length,
      dropped: sites.reduce((sum, { dropped }) => sum + dropped(), 0),
      times: sites.flatMap(({ times }) => times.splice(0)),
    }),
  };
  process.on('disconnect', () => process.exit());
  process.on('message', async ({ id, what, given }) => process.send({ id, answer: await ask[what](given) }));
}

/** One site, once it is connected. */
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
  const times = [];
  const say = (activity, { run = null, step = null } = {}) =>
    connection.sendStatus({
      ...{ version: 'bench', node: process.version, backend: 'none' },
      ...{ run, step, activity, progress: null, error: null },
    });

  async function work(task) {
    const { run, contract, step, model } = task;
    say('training', task);
    const began = performance.now();
    const made = await contribute({ site, run, step, model }, connection);
    if (made === null) return;
    const { kind, codec, hash, source, fetchMs = 0 } = made;
    const ready = performance.now();
    await connection.upload({ run, step, hash }, source);
    const sent = performance.now();
    const { bytes } = source;
    const manifest = { consortium, run, contract, step, site, base: model, kind, codec, samples, hash, bytes };
    const signature = sign(identity, manifestDomain, canonicalBytes(manifest));
    const verdict = await connection.submit({ manifest, signature });
    if (verdict.outcome === 'refused') throw new Error(`${site} was refused in ${step}: ${verdict.error.code}`);
    const judgeMs = performance.now() - sent;
    times.push({ step, fetchMs, makeMs: ready - began - fetchMs, sendMs: sent - ready, judgeMs });
    say('waiting', task);
  }

  let begun = null;
  connection.onAssignment(({ work: task }) => {
    if (task === null || task.verdict !== null) return;
    const key = `${task.run} ${task.step}`;
    if (key === begun) return;
    begun = key;
    void work(task);
  });
  let isConnected = false;
  let dropped = 0;
  say('idle');
  await new Promise((resolve) => {
    connection.onState(({ kind }) => {
      if (isConnected && kind !== 'connected') dropped++;
      isConnected = kind === 'connected';
      if (isConnected) resolve();
    });
  });
  return { publicKey: identity.publicKey, times, isConnected: () => isConnected, dropped: () => dropped };
}

/** A contribution whose bytes are at hand. */
export const contribution = (kind, codec, blob) => ({ kind, codec, hash: sha256(blob), source: memorySource(blob) });

/** A blob that the assignment names. */
export async function fetchBlob(connection, blob) {
  const parts = [];
  await connection.fetch(blob, {
    offset: async () => 0,
    write: async (_, bytes) => void parts.push(new Uint8Array(bytes)),
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
