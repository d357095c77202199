import { randomBytes } from 'node:crypto';
import { invite, signCall } from '@consilium/coordinator/lead';
import { canonicalBytes } from '@consilium/shared/canonical';
import { makeContract, type RunFile, runFile, type SignedContract, signContract } from '@consilium/shared/contract';
import { type Certificate, createIdentity, type Identity, issueCertificate, sign } from '@consilium/shared/crypto';
import type { ConsortiumId, PublicKey, RunId, SiteId } from '@consilium/shared/ids';

const hex = (bytes: number) => randomBytes(bytes).toString('hex');

/** A lead's machine in a test: a key, and signed calls to one coordinator. */
export interface Lead {
  readonly identity: Identity;
  readonly consortium: ConsortiumId;
  call<Answer>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Answer>;
  /** The bytes behind a path of the API. */
  download(path: string): Promise<Uint8Array>;
  /** Gives the coordinator its certificate. */
  adopt(): Promise<void>;
  /** The lead's word on a key. */
  certify(role: 'coordinator' | 'site', id: string, publicKey: PublicKey, revision?: number): Certificate;
  invite(site: SiteId, notAfter?: Date): Promise<string>;
  approve(site: SiteId, publicKey: PublicKey, revision?: number): Promise<Certificate>;
  revoke(site: SiteId, publicKey: PublicKey, revision?: number): Promise<void>;
  contract(changes?: Record<string, unknown>): SignedContract;
  launch(signed: SignedContract, stepwise?: boolean): Promise<{ readonly run: RunId }>;
}

export class CallError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
  ) {
    super(`${status} ${code}`);
  }
}

/** The run that light sites can do: three classes, eight features, the small preset. */
export const lightRun = (changes: Record<string, unknown> = {}): RunFile =>
  runFile.parse({
    name: 'light',
    model: { family: 'attention-aml', preset: 'small', classes: ['x', 'y', 'z'] },
    data: { kind: 'expression-table', label: 'label', files: { features: 'table.csv' } },
    training: { rounds: 2, optimizer: { name: 'sgd', rate: 0.1 } },
    ...changes,
  });

/** What a call answers that was taken before, when the one that brought it never got its answer. */
const takenBefore = new Set(['CSM-INVITE-EXISTS', 'CSM-SITE-NOT-PENDING', 'CSM-RUN-EXISTS']);
const patienceMs = 50;

/** @param patient whether calls that the coordinator left without an answer, as one that died does, are made again */
export function openLead(url: () => string, patient = false): Lead {
  const identity = createIdentity();
  const consortium = hex(16) as ConsortiumId;
  const certify = (role: 'coordinator' | 'site', id: string, publicKey: PublicKey, revision = 1, revoked = false) =>
    issueCertificate(identity, { consortium, role, id, publicKey, revision, revoked });

  async function answerTo(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Uint8Array> {
    const bytes = body === undefined ? new Uint8Array(0) : Buffer.from(JSON.stringify(body));
    const signed = signCall(identity, {
      method,
      path,
      consortium,
      body: bytes,
      now: new Date(),
      random: randomBytes,
    });
    const headers = { ...signed, ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
    const answer = await fetch(`${url()}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: bytes }),
    });
    const content = new Uint8Array(await answer.arrayBuffer());
    if (!answer.ok) throw new CallError(answer.status, JSON.parse(Buffer.from(content).toString()).error.code);
    return content;
  }

  async function answerInTheEnd(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Uint8Array> {
    for (let unanswered = false; ; ) {
      try {
        return await answerTo(method, path, body);
      } catch (thrown) {
        if (thrown instanceof CallError && unanswered && takenBefore.has(thrown.code)) return Buffer.from('{}');
        if (thrown instanceof CallError || !patient) throw thrown;
        unanswered = true;
        await new Promise((resolve) => setTimeout(resolve, patienceMs));
      }
    }
  }

  const lead: Lead = {
    identity,
    consortium,
    call: async (method, path, body) => JSON.parse(Buffer.from(await answerInTheEnd(method, path, body)).toString()),
    download: (path) => answerInTheEnd('GET', path),
    async adopt() {
      const { publicKey } = await lead.call<{ publicKey: PublicKey }>('GET', '/api/identity');
      await lead.call('POST', '/api/certificate', { certificate: certify('coordinator', 'coordinator', publicKey) });
    },
    certify: (role, id, publicKey, revision) => certify(role, id, publicKey, revision),
    async invite(site, notAfter = new Date(Date.now() + 3_600_000)) {
      const { code, told } = invite(identity, { address: url(), consortium, site, notAfter, random: randomBytes });
      await lead.call('POST', '/api/invitations', told);
      return code;
    },
    async approve(site, publicKey, revision = 1) {
      const certificate = certify('site', site, publicKey, revision);
      await lead.call('POST', `/api/sites/${site}/approve`, { certificate });
      return certificate;
    },
    async revoke(site, publicKey, revision = 2) {
      const certificate = certify('site', site, publicKey, revision, true);
      await lead.call('POST', `/api/sites/${site}/revoke`, { certificate });
    },
    contract: (changes = {}) =>
      signContract(
        makeContract({
          runFile: lightRun(changes),
          files: {},
          consortium,
          run: hex(16) as RunId,
          notAfter: new Date(Date.now() + 3_600_000),
        }),
        (domain, bytes) => sign(identity, domain, bytes),
      ),
    launch: (signed, stepwise = false) =>
      lead.call('POST', '/api/runs', JSON.parse(Buffer.from(canonicalBytes({ signed, stepwise })).toString())),
  };
  return lead;
}
