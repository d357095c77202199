// What a round costs besides training: a coordinator in this process, eight sites in two others that hand back the
// model they were given, slightly moved. Times are those of the run's own journal.
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { signCall } from '@consilium/coordinator/api';
import { startCoordinator } from '@consilium/coordinator/coordinator';
import { makeContract, runFile, signContract } from '@consilium/shared/contract';
import { createEnrolmentCode, createIdentity, issueCertificate, sign } from '@consilium/shared/crypto';
import { decodeHeader, layoutElements } from '@consilium/shared/weights';
import { silentLog } from '@consilium/shared/wire';
import { median } from './measuring/interleaved.mjs';

const processes = 2;
const sitesEach = 4;
const rounds = 20;
const goalSeconds = 0.5;
const pollMs = 500;
const notAfter = new Date(Date.now() + 3_600_000);

/** Widths that, with the sites' 188 features and three classes, give 83,091 parameters. */
const options = { width1: 256, width2: 128, tokens1: 16, tokens2: 16, heads1: 4, heads2: 2 };

const run = runFile.parse({
  name: 'round-bench',
  model: { family: 'attention-aml', preset: 'small', classes: ['x', 'y', 'z'], options },
  data: { kind: 'expression-table', label: 'label', files: { features: 'table.csv' } },
  training: { rounds, optimizer: { name: 'sgd', rate: 0.1 } },
  validation: { share: 0 },
});

export async function bench() {
  const home = await mkdtemp(join(tmpdir(), 'consilium-bench-'));
  const identity = createIdentity();
  const consortium = randomBytes(16).toString('hex');
  const coordinator = await startCoordinator({
    home,
    passphrase: 'bench',
    consortium,
    lead: identity.publicKey,
    host: '127.0.0.1',
    port: 0,
    log: silentLog,
  });
  const children = [];
  try {
    const lead = openLead({ url: coordinator.url, identity, consortium });
    await lead.adopt();
    for (let index = 0; index < processes; index++) children.push(await enrolSites(lead, index));
    return await measure(lead);
  } finally {
    for (const child of children) child.disconnect();
    await Promise.all(children.map((child) => once(child, 'exit')));
    await coordinator.close();
    await rm(home, { recursive: true, force: true });
  }
}

/** A process of sites, each enrolled by a code and approved. */
async function enrolSites(lead, index) {
  const names = Array.from({ length: sitesEach }, (_, place) => `hospital-${index * sitesEach + place + 1}`);
  const codes = await Promise.all(names.map(lead.invite));
  const child = fork(fileURLToPath(new URL('round.sites.mjs', import.meta.url)));
  child.send(codes);
  const [keys] = await once(child, 'message');
  for (const [place, name] of names.entries()) await lead.approve(name, keys[place]);
  return child;
}

async function measure(lead) {
  const signed = signContract(
    makeContract({
      runFile: run,
      files: {},
      consortium: lead.consortium,
      run: randomBytes(16).toString('hex'),
      notAfter,
    }),
    (domain, bytes) => sign(lead.identity, domain, bytes),
  );
  const path = `/api/runs/${(await lead.json('POST', '/api/runs', { signed, stepwise: false })).run}`;
  for (;;) {
    const { step, phase } = await lead.json('GET', path);
    if (step === 'test') break;
    if (phase === 'closed') throw new Error(`the run closed at ${step}`);
    await pause(pollMs);
  }
  const { layout } = decodeHeader(await lead.call('GET', `${path}/model`));
  await lead.json('POST', `${path}/command`, { command: 'stop' });
  const seconds = roundSeconds(Buffer.from(await lead.call('GET', `${path}/journal`)).toString());
  const what = `round of ${processes * sitesEach} sites, ${layoutElements(layout)} parameters, no training`;
  const figure = (name, value) => ({
    what: `${what}: ${name}`,
    value: `${value.toFixed(3)} s`,
    ratio: value / goalSeconds,
    to: `${goalSeconds} s`,
  });
  return [
    { ...figure(`median of ${rounds}`, median(seconds)), goal: { atMost: 1 } },
    figure(`slowest of ${rounds}`, Math.max(...seconds)),
  ];
}

/** Seconds from the opening of each training round to that of what comes after it. */
function roundSeconds(journal) {
  const opened = journal
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ type, body }) => type === 'step-opened' && /^(?:train:|test)/.test(body.step))
    .map(({ time }) => Date.parse(time));
  return opened.slice(1).map((time, index) => (time - opened[index]) / 1000);
}

/** The lead's side of the API, as far as a bench needs it. */
function openLead({ url, identity, consortium }) {
  const certify = (role, id, publicKey) =>
    issueCertificate(identity, { consortium, role, id, publicKey, revision: 1, revoked: false });

  async function call(method, path, content) {
    const body = content === undefined ? new Uint8Array(0) : Buffer.from(JSON.stringify(content));
    const terms = { method, path, consortium, body, now: new Date(), random: randomBytes };
    const headers = { ...signCall(identity, terms), 'content-type': 'application/json' };
    const answer = await fetch(`${url}${path}`, { method, headers, ...(content === undefined ? {} : { body }) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${await answer.text()}`);
    return new Uint8Array(await answer.arrayBuffer());
  }
  const json = async (...request) => JSON.parse(Buffer.from(await call(...request)).toString());

  return {
    identity,
    consortium,
    call,
    json,
    async adopt() {
      const { publicKey } = await json('GET', '/api/identity');
      await json('POST', '/api/certificate', { certificate: certify('coordinator', 'coordinator', publicKey) });
    },
    async invite(site) {
      const code = createEnrolmentCode({ address: url, lead: identity.publicKey, consortium, site, notAfter });
      const gateKey = Buffer.from(code.gateKey).toString('base64url');
      const { invitation } = code;
      await json('POST', '/api/invitations', { site, invitation, gateKey, notAfter: notAfter.toISOString() });
      return code.text;
    },
    approve: (site, publicKey) =>
      json('POST', `/api/sites/${site}/approve`, { certificate: certify('site', site, publicKey) }),
  };
}
