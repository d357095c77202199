import { randomBytes } from 'node:crypto';
import { canonicalBytes, sha256 } from '@consilium/shared/canonical';
import {
  type Contract,
  contributionOf,
  openContract,
  type Step,
  stepsOf,
  updateCoding,
  updateSettings,
} from '@consilium/shared/contract';
import { createIdentity, type Identity, parseEnrolmentCode, sign, verify } from '@consilium/shared/crypto';
import { asCoded } from '@consilium/shared/errors';
import type { BlobHash, SiteId } from '@consilium/shared/ids';
import { countsOf } from '@consilium/shared/metrics';
import { encodeEvaluation } from '@consilium/shared/report';
import { readPreparation } from '@consilium/shared/statistics';
import { decodeWeights, encodeUpdate, updateForm } from '@consilium/shared/weights';
import {
  type ContributionManifest,
  manifestDomain,
  type SignedManifest,
  silentLog,
  systemClock,
  type Verdict,
  type Work,
} from '@consilium/shared/wire';
import { type Connection, connect, memorySource, type Successor } from '@consilium/site-agent/connection';

/** Makes the bytes of a contribution; the default does what an honest site would, without training. */
export type Contribute = (task: Task) => Promise<Uint8Array> | Uint8Array;

export interface Task {
  readonly site: SiteId;
  readonly work: Work;
  readonly step: Step;
  readonly contract: Contract;
  readonly contractBytes: Uint8Array;
  /** Blobs that the assignment names. */
  readonly model: Uint8Array | null;
  readonly preparation: Uint8Array | null;
  readonly samples: number;
}

/** A finished contribution on its way out, and what a site, honest or not, can do with it. */
export interface Delivery {
  readonly task: Task;
  readonly blob: Uint8Array;
  readonly manifest: ContributionManifest;
  fetch(hash: BlobHash): Promise<Uint8Array>;
  /** Uploads bytes (its blob) under a hash (theirs). */
  upload(bytes?: Uint8Array, hash?: BlobHash): Promise<void>;
  /** Signs with the site's key. */
  sign(manifest: ContributionManifest): SignedManifest;
  /** Hands in a signed manifest (its own). */
  submit(signed?: SignedManifest): Promise<Verdict>;
}

export type Deliver = (delivery: Delivery) => Promise<Verdict>;

export const deliverHonestly: Deliver = async ({ upload, submit }) => {
  await upload();
  return submit();
};

export interface LightSiteOptions {
  readonly site: SiteId;
  readonly code: string;
  readonly identity?: Identity;
  /** Who signs; the identity unless its key changes. */
  readonly author?: () => Identity;
  readonly successor?: Successor;
  readonly samples?: number;
  readonly contribute?: Contribute;
  readonly deliver?: Deliver;
}

/** A site that speaks the real protocol and does no training: for tests of the coordinator and the wire. */
export interface LightSite {
  readonly site: SiteId;
  readonly identity: Identity;
  readonly connection: Connection;
  /** What was refused or failed, by step. */
  readonly faults: readonly { readonly step: string; readonly code: string }[];
  /** How often each step was done, by run and step: whatever the coordinator asks for without a verdict is done. */
  readonly contributions: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

const keyOf = ({ run, step }: Work) => `${run} ${step}`;
const salt = () => randomBytes(16).toString('base64url');
const features = Array.from({ length: 8 }, (_, index) => `gene-${index + 1}`);

export function openLightSite(options: LightSiteOptions): LightSite {
  const { site, contribute = honest, samples = 40, deliver = deliverHonestly } = options;
  const identity = options.identity ?? createIdentity();
  const { author = () => identity } = options;
  const { address, lead, consortium, secret } = parseEnrolmentCode(options.code);
  const stop = new AbortController();
  const connection = connect({
    address,
    identity,
    ...(options.successor && { successor: options.successor }),
    trust: { lead, consortium, site },
    secret,
    instance: randomBytes(8).toString('hex'),
    clock: systemClock,
    log: silentLog,
    signal: stop.signal,
    backoff: { baseMs: 20, capMs: 200 },
  });
  const faults: { step: string; code: string }[] = [];
  const contributions = new Map<string, number>();
  const cache = new Map<BlobHash, Uint8Array>();
  /** Steps under way, and those that ended without a place in the run: a light site does not try again. */
  const settled = new Set<string>();
  let newest: string | null = null;
  let turn: Promise<void> = Promise.resolve();
  const stopped = new Promise<never>((_, reject) => stop.signal.addEventListener('abort', reject));
  stopped.catch(() => {});

  async function fetchBlob(work: Work, hash: BlobHash): Promise<Uint8Array> {
    const known = cache.get(hash);
    if (known) return known;
    const parts: Uint8Array[] = [];
    const bytes = () => Buffer.concat(parts);
    await connection.fetch(
      { run: work.run, step: work.step, hash },
      {
        offset: async () => bytes().length,
        write: async (_offset, part) => void parts.push(new Uint8Array(part)),
        digest: async () => sha256(bytes()),
        discard: async () => void parts.splice(0),
      },
      { signal: stop.signal },
    );
    cache.set(hash, bytes());
    return bytes();
  }

  async function work(task: Work): Promise<void> {
    const contractBytes = await fetchBlob(task, task.contractBlob);
    const contract = openContract(contractBytes, { lead, consortium, now: new Date(), verify });
    const step = stepsOf(contract.runFile)[task.index]!;
    const model = task.model && (await fetchBlob(task, task.model));
    const preparation = task.preparation && (await fetchBlob(task, task.preparation));
    const full: Task = { site, work: task, step, contract, contractBytes, model, preparation, samples };
    const key = keyOf(task);
    contributions.set(key, (contributions.get(key) ?? 0) + 1);
    const blob = await contribute(full);
    const kind = contributionOf(step)!;
    const manifest: ContributionManifest = {
      consortium,
      run: task.run,
      contract: task.contract,
      step: task.step,
      site,
      base: task.model,
      kind,
      codec: kind === 'update' ? updateSettings(contract.runFile).codec : 'json',
      samples,
      hash: sha256(blob),
      bytes: blob.length,
    };
    const signOwn = (given: ContributionManifest): SignedManifest => ({
      manifest: given,
      signature: sign(author(), manifestDomain, canonicalBytes(given)),
    });
    const delivered = deliver({
      task: full,
      blob,
      manifest,
      fetch: (hash) => fetchBlob(task, hash),
      upload: (bytes = blob, hash = manifest.hash) =>
        connection.upload({ run: task.run, step: task.step, hash }, memorySource(bytes), { signal: stop.signal }),
      sign: signOwn,
      submit: (signed = signOwn(manifest)) => connection.submit(signed),
    });
    const verdict = await Promise.race([delivered, stopped]);
    if (verdict.outcome === 'accepted') settled.delete(key);
    else faults.push({ step: task.step, code: verdict.error.code });
  }

  connection.onAssignment(({ work: task }) => {
    newest = task === null ? null : keyOf(task);
    if (task === null || newest === null || task.verdict !== null || settled.has(newest)) return;
    const key = newest;
    settled.add(key);
    turn = turn
      .then(async () => {
        if (key === newest) await work(task);
      })
      .catch((thrown) => {
        if (!stop.signal.aborted) faults.push({ step: task.step, code: asCoded(thrown).code });
      });
  });
  connection.sendStatus({
    version: 'light',
    node: process.version,
    backend: null,
    run: null,
    step: null,
    activity: 'idle',
    progress: null,
    error: null,
  });

  return {
    site,
    identity,
    connection,
    faults,
    contributions,
    async close() {
      stop.abort();
      await connection.close();
      await turn;
    },
  };
}

/** What a site would send, from its name alone: the same bytes in every run but for salts. */
export function honest(
  task: Omit<Task, 'work' | 'contractBytes'> & {
    /** Told from all others: what the site carries from earlier rounds. */
    readonly carried?: string | null;
  },
): Uint8Array {
  const { site, step, model, preparation, contract, samples, carried } = task;
  const classes = contract.runFile.model.classes.length;
  switch (step.kind) {
    case 'prepare':
      if (step.name === 'cohort') {
        return canonicalBytes({
          format: 'consilium-cohort-1',
          salt: salt(),
          samples: { train: samples, validation: 10, test: 10 },
          classCounts: Array.from({ length: classes }, (_, index) => (index === 0 ? samples - (classes - 1) * 10 : 10)),
          features,
          missingFeatures: 0,
          counts: { read: samples + 20, kept: samples + 20, otherLabel: 0, quarantined: 0 },
        });
      }
      return canonicalBytes({
        format: 'consilium-scale-1',
        salt: salt(),
        n: readPreparation(preparation!).features.map(() => samples),
        mean: features.map((_, index) => index + site.length),
        m2: features.map((_, index) => samples * (index + 1)),
      });
    case 'train': {
      const weights = decodeWeights(model!);
      const shift = 0.01 + Number.parseInt(sha256(Buffer.from(`${site}${carried ?? ''}`)).slice(0, 4), 16) / 2 ** 20;
      const trained = weights.values.map((value, index) => value + shift * Math.sin(index));
      const form = updateForm(weights, updateCoding(contract.runFile, step.stage));
      return encodeUpdate(form, { base: weights.values, trained, residual: null }).file;
    }
    case 'validate':
      return encodeEvaluation({ salt: salt(), counts: countsOfRound(step.round, classes), report: null });
    case 'test':
      return encodeEvaluation({ salt: salt(), counts: countsOfRound(0, classes), report: null });
    default:
      throw new TypeError('no site is asked for this step');
  }
}

/** Ten patients of whom each round's model tells more than those before, so that a run ends in the last one; that of round 0 tells nothing. */
export function countsOfRound(round: number, classes: number) {
  const y = Int32Array.from({ length: 10 }, (_, index) => index % classes);
  const doubt = (1 / classes) * 0.9 ** round;
  const probabilities = new Float32Array(y.length * classes).fill(doubt);
  for (const [row, label] of y.entries()) probabilities[row * classes + label] = 1 - doubt * (classes - 1);
  return countsOf({ y, probabilities, classes });
}
