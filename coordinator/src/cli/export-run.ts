import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { canonicalBytes, sha256 } from '@consilium/shared/canonical';
import {
  checkExtensions,
  contractDomain,
  contractHash,
  type SignedContract,
  signedContract,
} from '@consilium/shared/contract';
import { sign, verify } from '@consilium/shared/crypto';
import { CodedError, fail } from '@consilium/shared/errors';
import {
  blobFolder,
  digestFile,
  encodeSeal,
  exportSeal,
  type FileDigest,
  pieceBytesOf,
  sealDomain,
  sealFile,
  sumsFile,
  writeSums,
} from '@consilium/shared/exported';
import { type BlobHash, blobHash, type RunId, type SiteId } from '@consilium/shared/ids';
import { followKeeper, readJournal, verifyChain } from '@consilium/shared/journal';
import { readPreparation } from '@consilium/shared/statistics';
import {
  getContract,
  getFrozen,
  getJournal,
  getKept,
  getModel,
  getPreparation,
  getRun,
  listKept,
} from '../api/calls.js';
import type { RunView } from '../conduct/view.js';
import { runRecord } from '../rounds/index.js';
import { certifiedWords, coordinatorKeysOf } from './certified-words.js';
import { wholeBody } from './client.js';
import { writeLayers } from './export-layers.js';
import { saveReports, saveRunReport } from './export-reports.js';
import { modelCard } from './model-card.js';
import type { LeadSession } from './session.js';

const attempts = 5;

export interface ExportedRun {
  /** SHA-256 of the model's file. */
  readonly model: string | null;
  readonly records: number;
  readonly reports: readonly SiteId[];
  /** Blobs to fold rounds again from. */
  readonly kept: number;
}

/** What a run's verified journal says was made, by hash. */
interface Made {
  readonly models: ReadonlySet<string>;
  readonly frozen: ReadonlySet<string>;
  readonly preparations: ReadonlySet<string>;
  /** The contracts that the run went by, in order. */
  readonly contracts: readonly string[];
  /** That the run was offered to, and those that joined. */
  readonly sites: readonly SiteId[];
}

/**
 * Fetches all of a run into a folder and believes nothing of it: the contract must be this lead's, the journal whole and
 * the coordinator's, model and preparation what the journal names, each report its site's own.
 * @throws CSM-LEAD-EXPORT, CSM-CONTRACT-EXTENSION, CSM-JOURNAL-*, CSM-REPORT-SIGNATURE
 */
export async function exportRun(
  session: LeadSession,
  run: RunId,
  folder: string,
  { updates, now }: { readonly updates: boolean; readonly now: () => Date },
  signal: AbortSignal,
): Promise<ExportedRun> {
  const { client, coordinatorKey, home } = session;
  const at = (name: string) => join(folder, name);
  const params = { run };
  const view = await client.call(getRun, { params, signal });

  const contractBytes = await wholeBody(await client.stream(getContract, { params, signal }));
  const signed = checkContract(contractBytes, session, run, view);
  await writeFile(at('contract.json'), contractBytes);

  const words = await certifiedWords(session, signal);
  // Before the journal, so that the journal holds all that they tell of.
  const siteReports = await saveReports(session, { view, words, contract: signed.contract }, at('reports'), signal);
  await saveRunReport(session, view, siteReports, folder, signal);
  const reports = siteReports.map(({ site }) => site);

  const journalFile = at('journal.jsonl');
  await save(journalFile, (await client.stream(getJournal, { params, signal })).body);
  // A run that was closed before the coordinator changed its key is signed by the former one throughout.
  const coordinatorKeys = [coordinatorKey, ...coordinatorKeysOf(words)];
  const signedBy = followKeeper(coordinatorKeys, (key) => coordinatorKeys.includes(key));
  const chain = await verifyChain(readJournal(createReadStream(journalFile)), { verify: signedBy });
  if (view.phase === 'closed' && chain.head?.hash !== view.journalHead) wrong(run, 'the journal ends elsewhere');
  const made = await readMade(journalFile);
  const { contract } = signed;
  const goneBy = [...(contract.extends ?? []).map((former) => former.contract), contractHash(contract)];
  if (goneBy.some((hash, index) => made.contracts[index] !== hash)) wrong(run, 'the journal names other contracts');

  let features: readonly string[] | null = null;
  if (view.preparation !== null) {
    const bytes = await wholeBody(await client.stream(getPreparation, { params, signal }));
    if (!made.preparations.has(sha256(bytes))) wrong(run, 'the preparation is not the one of the journal');
    features = readPreparation(bytes).features;
    await writeFile(at('preparation.json'), bytes);
  }
  let model: string | null = null;
  if (view.model !== null) {
    model = await saveWeights(session, getModel, run, at('model.safetensors'), signal);
    if (!made.models.has(model)) wrong(run, 'the model is none of the journal');
  }
  if (view.frozen !== null) {
    const frozen = await saveWeights(session, getFrozen, run, at('frozen.safetensors'), signal);
    if (!made.frozen.has(frozen)) wrong(run, 'the frozen part is none of the journal');
  }
  const kept = updates ? await saveKept(session, run, folder, signal) : 0;
  const layers =
    model === null || features === null
      ? 'The run ended before it had a model.'
      : await writeLayers(at('layers'), {
          contract,
          features: features.length,
          files: await Promise.all(
            ['model', ...(view.frozen === null ? [] : ['frozen'])].map((name) => readFile(at(`${name}.safetensors`))),
          ),
        });
  const card = modelCard({
    view,
    contract,
    coordinatorKey: signedBy.keeper() ?? coordinatorKey,
    lead: session.lead.publicKey,
    model,
    features,
    layers,
    reports,
    hashes: await hashesIn(folder),
  });
  await writeFile(at('README.md'), card);
  const seal = exportSeal.parse({
    format: sealDomain,
    consortium: home.consortium,
    run,
    lead: session.lead.publicKey,
    exportedAt: now().toISOString(),
    journal: { head: chain.head?.hash, records: chain.records },
    certificates: words.filter(
      ({ body: { role, id } }) => role === 'coordinator' || made.sites.some((site) => site === id),
    ),
    files: Object.fromEntries(await digestsIn(folder)),
  });
  await writeFile(
    at(sealFile),
    encodeSeal(seal, (domain, bytes) => sign(session.lead, domain, bytes)),
  );
  await writeFile(at(sumsFile), writeSums(await hashesIn(folder)));
  return { model, records: chain.records, reports, kept };
}

function checkContract(bytes: Uint8Array, { lead, home }: LeadSession, run: RunId, view: RunView): SignedContract {
  const parsed = signedContract.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  if (!parsed.success) return wrong(run, 'the contract is malformed');
  const { contract, signature } = parsed.data;
  if (!verify(lead.publicKey, contractDomain, canonicalBytes(contract), signature)) {
    wrong(run, 'the contract is not signed by this lead');
  }
  if (contract.run !== run || contract.consortium !== home.consortium || contractHash(contract) !== view.contract) {
    wrong(run, 'the contract is of another run');
  }
  checkExtensions(contract);
  return parsed.data;
}

async function readMade(journalFile: string): Promise<Made> {
  const models = new Set<string>();
  const frozenParts = new Set<string>();
  const preparations = new Set<string>();
  const contracts: string[] = [];
  const sites: SiteId[] = [];
  for await (const record of readJournal(createReadStream(journalFile))) {
    const body = typeof record.body === 'object' ? record.body : {};
    const parsed = runRecord.safeParse({ ...body, type: record.type });
    if (!parsed.success) continue;
    if (parsed.data.type === 'offered' || parsed.data.type === 'extended') contracts.push(parsed.data.contract);
    if (parsed.data.type === 'offered') sites.push(...parsed.data.sites);
    if (parsed.data.type === 'site-joined') sites.push(parsed.data.site);
    if (parsed.data.type !== 'step-done') continue;
    const { model, frozen, preparation } = parsed.data.output;
    if (model !== undefined) models.add(model);
    if (frozen !== undefined) frozenParts.add(frozen);
    if (preparation !== undefined) preparations.add(preparation);
  }
  return { models, frozen: frozenParts, preparations, contracts, sites };
}

/** Downloads a weights file; goes on where it stopped when the line breaks. Returns its SHA-256. */
async function saveWeights(
  { client }: LeadSession,
  from: typeof getModel,
  run: RunId,
  file: string,
  signal: AbortSignal,
): Promise<string> {
  return download(file, (offset) => client.stream(from, { params: { run }, offset, signal }));
}

/** Writes what is fetched to a file; goes on where it stopped when the line breaks. Returns its SHA-256. */
async function download(
  file: string,
  fetch: (offset: number) => Promise<{ readonly body: AsyncIterable<Uint8Array> }>,
): Promise<string> {
  const part = `${file}.part`;
  const handle = await open(part, 'w');
  const digest = createHash('sha256');
  let offset = 0;
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        const { body } = await fetch(offset);
        for await (const chunk of body) {
          await handle.writeFile(chunk);
          digest.update(chunk);
          offset += chunk.length;
        }
        break;
      } catch (thrown) {
        const broken = thrown instanceof CodedError && thrown.code === 'CSM-CLI-UNREACHABLE';
        if (!broken || attempt === attempts) throw thrown;
      }
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(part, file);
  return digest.digest('hex');
}

/** Fetches what is kept to fold rounds again from. @returns how many blobs */
async function saveKept({ client }: LeadSession, run: RunId, folder: string, signal: AbortSignal): Promise<number> {
  const { blobs } = await client.call(listKept, { params: { run }, signal });
  const known = new Set((await hashesIn(folder)).values());
  await mkdir(join(folder, blobFolder), { recursive: true });
  for (const { hash } of blobs) {
    // The chosen model may be one of them.
    if (known.has(hash)) continue;
    const file = join(folder, blobFolder, hash);
    const found = await download(file, (offset) => client.stream(getKept, { params: { run, hash }, offset, signal }));
    if (found !== hash) wrong(run, `the blob ${hash} has other content`);
  }
  return blobs.length;
}

/** Every file of a folder by its path in it, with the hashes of its pieces. */
async function digestsIn(folder: string): Promise<ReadonlyMap<string, FileDigest>> {
  const digests = new Map<string, FileDigest>();
  for (const name of await filesIn(folder)) {
    const file = join(folder, name);
    digests.set(name, await digestFile(createReadStream(file), pieceBytesOf((await stat(file)).size)));
  }
  return digests;
}

/** Paths of all files of a folder, with forward slashes, sorted. */
async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)).replaceAll(sep, '/'))
    .sort();
}

/** SHA-256 of every file of a folder, by its path in it with forward slashes. */
async function hashesIn(folder: string): Promise<ReadonlyMap<string, BlobHash>> {
  const hashes = new Map<string, BlobHash>();
  for (const name of await filesIn(folder)) {
    const digest = createHash('sha256');
    for await (const chunk of createReadStream(join(folder, name))) digest.update(chunk);
    hashes.set(name, blobHash.parse(digest.digest('hex')));
  }
  return hashes;
}

async function save(file: string, body: AsyncIterable<Uint8Array>): Promise<void> {
  const handle = await open(file, 'w');
  try {
    for await (const chunk of body) await handle.writeFile(chunk);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const wrong = (run: string, problem: string): never => fail('CSM-LEAD-EXPORT', { run, problem });
