import { initialWeights } from '@consilium/models/families';
import { canonicalBytes, sha256 } from '@consilium/shared/canonical';
import {
  type Contract,
  contractHash,
  encodeContract,
  idOf,
  inputOf,
  onlyStage,
  type SignedContract,
  stepsOf,
  updateCoding,
} from '@consilium/shared/contract';
import { verify } from '@consilium/shared/crypto';
import { coded, toWire } from '@consilium/shared/errors';
import type { BlobHash, PublicKey, StepId } from '@consilium/shared/ids';
import { encodePreparation, foldStatistics, type PreparationState } from '@consilium/shared/statistics';
import { decodeValues, decodeWeights, encodeWeights, updateForm } from '@consilium/shared/weights';
import { manifestDomain, type SignedManifest, type SiteStatus, type Verdict, type Work } from '@consilium/shared/wire';
import type { Connection } from '../connection/index.js';

/** A status as it left the door. */
type Told = Omit<SiteStatus, 'type' | 'instance'>;
type SeenConnection = Pick<Connection, 'onAssignment' | 'fetch' | 'sendStatus' | 'upload' | 'submit'>;

/** A coordinator of one site, in memory and in order: assigns each step of a contract and folds what comes. */
export interface FakeCoordinator {
  readonly connection: SeenConnection;
  readonly statuses: readonly Told[];
  /** Hashes of the contributions handed in, by step; twice where it was sent twice. */
  readonly submitted: ReadonlyMap<StepId, readonly BlobHash[]>;
  readonly blob: (hash: BlobHash) => Uint8Array | undefined;
  /** Bytes that were fetched of each blob, in all. */
  readonly fetched: ReadonlyMap<BlobHash, number>;
  /** Hash of the newest model. */
  readonly model: () => BlobHash | null;
  /** Tells the agent something other than the truth. */
  assign(changes: Partial<Work> | null): void;
  /** Resolves with the first status from now on that satisfies the condition. */
  until(wanted: (status: Told) => boolean): Promise<Told>;
  /** The lead has signed a longer contract; steps done keep their places. */
  extend(longer: SignedContract): void;
  /** The agent's link goes and another agent takes its place. */
  forgetAgent(): void;
}

export interface FakeOptions {
  readonly signed: SignedContract;
  readonly site: PublicKey;
  /** Steps whose submissions get no answer the first time. */
  readonly silent?: ReadonlySet<string>;
  /** Steps whose contributions are refused. */
  readonly refuse?: ReadonlySet<string>;
  /** Files that the contract names. */
  readonly files?: readonly Uint8Array[];
}

export function fakeCoordinator({
  signed,
  site,
  silent = new Set(),
  refuse = new Set(),
  files = [],
}: FakeOptions): FakeCoordinator {
  let { contract } = signed;
  let steps = stepsOf(contract.runFile);
  const blobs = new Map<BlobHash, Uint8Array>();
  const keep = (bytes: Uint8Array): BlobHash => {
    const hash = sha256(bytes);
    blobs.set(hash, bytes);
    return hash;
  };
  let contractBlob = keep(encodeContract(signed));
  files.forEach(keep);
  const statuses: Told[] = [];
  const submitted = new Map<StepId, BlobHash[]>();
  const fetched = new Map<BlobHash, number>();
  const muted = new Set(silent);
  let waiting: ((status: Told) => void)[] = [];
  let listener: (assignment: { type: 'assignment'; work: Work | null }) => void = () => {};
  let index = 0;
  let model: BlobHash | null = null;
  let preparation: BlobHash | null = null;
  let state: PreparationState | null = null;
  let verdict: Work['verdict'] = null;
  let carried: StepId | null = null;

  function truth(): Work | null {
    const step = steps[index];
    if (step === undefined) return null;
    const { run } = contract;
    const hash = contractHash(contract);
    return {
      run,
      contract: hash,
      contractBlob,
      step: idOf(step),
      index,
      model,
      ...(carried !== null && { carried }),
      preparation,
      journal: contractBlob,
      verdict,
    };
  }
  const tell = (work: Work | null): void => listener({ type: 'assignment', work });

  function fold({ manifest }: SignedManifest): void {
    const step = steps[index]!;
    const bytes = blobs.get(manifest.hash)!;
    if (step.kind === 'prepare') {
      const { name, pass } = step;
      state = foldStatistics(name, [{ bytes, samples: manifest.samples }], { contract, state, pass });
      preparation = keep(encodePreparation(state));
    }
    if (step.kind === 'train') {
      model = modelOf(bytes);
      carried = manifest.step;
    }
    index += 1;
    if (steps[index]?.kind === 'initial') {
      const { shared } = initialWeights({ ...wanted(contract, state!), seed: contract.runFile.seed });
      model = keep(encodeWeights(shared));
      index += 1;
    }
    verdict = null;
  }

  /** The model that the site's update alone makes. */
  function modelOf(bytes: Uint8Array): BlobHash {
    const coding = updateCoding(contract.runFile, 0);
    if (coding.codec === 'f32') return keep(bytes);
    const base = decodeWeights(blobs.get(model!)!);
    const form = updateForm(base, coding);
    const span = { element: 0, elements: base.values.length };
    const data = { bytes: bytes.subarray(form.header.length), base: base.values };
    const refuse = (tensor: string) => {
      throw new Error(tensor);
    };
    return keep(encodeWeights({ ...base, values: decodeValues(form, span, data, refuse) }));
  }

  return {
    statuses,
    submitted,
    blob: (hash) => blobs.get(hash),
    fetched,
    model: () => model,
    assign: (changes) => tell(changes === null ? null : { ...truth()!, ...changes }),
    until: (wanted) =>
      new Promise((resolve) => {
        waiting.push((status) => {
          if (wanted(status)) resolve(status);
        });
      }),
    extend(longer) {
      contract = longer.contract;
      steps = stepsOf(contract.runFile);
      contractBlob = keep(encodeContract(longer));
      tell(truth());
    },
    forgetAgent() {
      listener = () => {};
      waiting = [];
    },
    connection: {
      onAssignment(listen) {
        listener = listen;
        tell(truth());
        return () => {
          listener = () => {};
        };
      },
      sendStatus(status) {
        statuses.push(status);
        for (const told of [...waiting]) told(status);
      },
      async fetch({ hash }, sink, options) {
        options?.signal?.throwIfAborted();
        const bytes = blobs.get(hash);
        if (bytes === undefined) throw coded('CSM-ACCESS-BLOB', { hash });
        const offset = await sink.offset();
        fetched.set(hash, (fetched.get(hash) ?? 0) + bytes.length - offset);
        await sink.write(offset, bytes.subarray(offset));
        await sink.digest();
        return bytes.length;
      },
      async upload({ hash }, source) {
        const bytes = Uint8Array.from(await source.read(0, source.bytes));
        if (sha256(bytes) !== hash) throw coded('CSM-TRANSFER-DIGEST', { hash });
        blobs.set(hash, bytes);
      },
      submit(contribution): Promise<Verdict> {
        const { run, step, hash } = contribution.manifest;
        const held = verify(site, manifestDomain, canonicalBytes(contribution.manifest), contribution.signature);
        if (!held || !blobs.has(hash)) throw new Error('a contribution without signature or blob');
        submitted.set(step, [...(submitted.get(step) ?? []), hash]);
        if (muted.delete(step)) return new Promise(() => {});
        if (refuse.has(step)) {
          const error = toWire(coded('CSM-UPDATE-NORM', { site: 'north', norm: 9, limit: 1 }));
          return Promise.resolve({ type: 'verdict', outcome: 'refused', run, step, hash, error });
        }
        verdict = { outcome: 'accepted', hash };
        setImmediate(() => {
          fold(contribution);
          tell(truth());
        });
        return Promise.resolve({ type: 'verdict', outcome: 'accepted', run, step, hash });
      },
    },
  };
}

const wanted = ({ runFile }: Contract, { features }: PreparationState) => ({
  ...runFile.model,
  classes: runFile.model.classes.length,
  input: inputOf(runFile, features.length),
  stage: onlyStage,
});
