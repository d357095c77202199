import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { canonicalBytes, sha256 } from '@consilium/shared/canonical';
import {
  checkExtensions,
  contractDomain,
  contractHash,
  type SignedContract,
  signedContract,
} from '@consilium/shared/contract';
import { verify } from '@consilium/shared/crypto';
import { CodedError, fail } from '@consilium/shared/errors';
import { sumsFile, writeSums } from '@consilium/shared/exported';
import { type BlobHash, blobHash, type RunId, type SiteId } from '@consilium/shared/ids';
import { readJournal } from '@consilium/shared/journal';
import { readPreparation } from '@consilium/shared/statistics';
import { getContract, getFrozen, getJournal, getModel, getPreparation, getRun } from '../api/calls.js';
import type { RunView } from '../conduct/view.js';
import { runRecord } from '../rounds/index.js';
import { wholeBody } from './client.js';
import { writeLayers } from './export-layers.js';
import { saveReports, saveRunReport } from './export-reports.js';
import { verifyFile } from './journal.js';
import { modelCard } from './model-card.js';
import type { LeadSession } from './session.js';

const attempts = 5;

export interface ExportedRun {
  /** SHA-256 of the model's file. */
  readonly model: string | null;
  readonly records: number;
  readonly reports: readonly SiteId[];
}

/** What a run's verified journal says was made, by hash. */
interface Made {
  readonly models: ReadonlySet<string>;
  readonly frozen: ReadonlySet<string>;
  readonly preparations: ReadonlySet<string>;
  /** The contracts that the run went by, in order. */
  readonly contracts: readonly string[];
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
  signal: AbortSignal,
): Promise<ExportedRun> {
  const { client, coordinatorKey } = session;
  const at = (name: string) => join(folder, name);
  const params = { run };
  const view = await client.call(getRun, { params, signal });

  const contractBytes = await wholeBody(await client.stream(getContract, { params, signal }));
  const signed = checkContract(contractBytes, session, run, view);
  await writeFile(at('contract.json'), contractBytes);

  const journalFile = at('journal.jsonl');
  await save(journalFile, (await client.stream(getJournal, { params, signal })).body);
  const chain = await verifyFile(journalFile, coordinatorKey);
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
  const siteReports = await saveReports(session, { view, contract }, at('reports'), signal);
  await saveRunReport(session, view, siteReports, folder, signal);
  const reports = siteReports.map(({ site }) => site);
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
    coordinatorKey,
    lead: session.lead.publicKey,
    model,
    features,
    layers,
    reports,
    hashes: await hashesIn(folder),
  });
  await writeFile(at('README.md'), card);
  await writeFile(at(sumsFile), writeSums(await hashesIn(folder)));
  return { model, records: chain.records, reports };
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
  for await (const record of readJournal(createReadStream(journalFile))) {
    const body = typeof record.body === 'object' ? record.body : {};
    const parsed = runRecord.safeParse({ ...body, type: record.type });
    if (!parsed.success) continue;
    if (parsed.data.type === 'offered' || parsed.data.type === 'extended') contracts.push(parsed.data.contract);
    if (parsed.data.type !== 'step-done') continue;
    const { model, frozen, preparation } = parsed.data.output;
    if (model !== undefined) models.add(model);
    if (frozen !== undefined) frozenParts.add(frozen);
    if (preparation !== undefined) preparations.add(preparation);
  }
  return { models, frozen: frozenParts, preparations, contracts };
}

/** Downloads a weights file; goes on where it stopped when the line breaks. Returns its SHA-256. */
async function saveWeights(
  { client }: LeadSession,
  from: typeof getModel,
  run: RunId,
  file: string,
  signal: AbortSignal,
): Promise<string> {
  const part = `${file}.part`;
  const handle = await open(part, 'w');
  const digest = createHash('sha256');
  let offset = 0;
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        const { body } = await client.stream(from, { params: { run }, offset, signal });
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

/** SHA-256 of every file of a folder, by its path in it with forward slashes. */
async function hashesIn(folder: string): Promise<ReadonlyMap<string, BlobHash>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const hashes = new Map<string, BlobHash>();
  for (const file of files.sort()) {
    const digest = createHash('sha256');
    for await (const chunk of createReadStream(file)) digest.update(chunk);
    hashes.set(relative(folder, file).replaceAll(sep, '/'), blobHash.parse(digest.digest('hex')));
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
