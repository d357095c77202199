import { canonicalBytes, sha256 } from '@consilium/shared/canonical';
import {
  type Contract,
  checkExtensions,
  contractDomain,
  contractHash,
  type SignedContract,
  signedContract,
} from '@consilium/shared/contract';
import { verify } from '@consilium/shared/crypto';
import { asCoded, coded, fail } from '@consilium/shared/errors';
import { blobFolder, type ExportSeal, readSeal, sealFile } from '@consilium/shared/exported';
import type { BlobHash, PublicKey, RunId } from '@consilium/shared/ids';
import { followKeeper, type JournalHead, readJournal, verifyNext } from '@consilium/shared/journal';
import { type RunState, resultOf } from '../rounds/index.js';
import { checkBySums, checkFiles } from './check-files.js';
import { checkRunReport, checkSiteReports, type ReportPoint, readRunReport, reportFile } from './check-report.js';
import { exportedBlobs } from './exported-blobs.js';
import { type Finding, finding, journalFile } from './finding.js';
import { chunksOf, type ExportFolder, jsonFile, wholeFile } from './folder.js';
import { type CertifiedKeys, certifiedKeys } from './keys.js';
import { type FoldCheck, openReplay, type Replay } from './replay.js';

const contractFile = 'contract.json';
const modelFile = 'model.safetensors';
const frozenFile = 'frozen.safetensors';
const preparationFile = 'preparation.json';

export interface VerifyOptions {
  /** The lead's key as somebody told it; the seal's own where left out. */
  readonly lead?: PublicKey | undefined;
  /** Hash of the newest record as somebody else holds it. */
  readonly head?: BlobHash | undefined;
  readonly signal: AbortSignal;
}

/** What a check of an exported run has found. */
export interface Verification {
  readonly run: RunId | null;
  /** Who sealed it. */
  readonly lead: PublicKey | null;
  readonly files: number;
  readonly journal: { readonly records: number; readonly head: BlobHash | null };
  /** Contributions whose site signed them, and reports. */
  readonly contributions: number;
  readonly reports: number;
  /** How the run ended, as its journal tells it; null while it goes on, or where that was not replayed. */
  readonly outcome: RunState['outcome'];
  readonly model: BlobHash | null;
  readonly folds: readonly FoldCheck[];
  /** What was left out, since what it stands on does not hold. */
  readonly unchecked: readonly string[];
  readonly findings: readonly Finding[];
}

/** Checks all of an exported run that can be checked, without asking anybody. */
export async function verifyExport(folder: ExportFolder, options: VerifyOptions): Promise<Verification> {
  const files = (await folder.names()).length;
  const { seal, fault } = await openSeal(folder, options.lead);
  if (seal === null) {
    const unchecked = ['signatures, journal, contract, folds and reports: the seal says whose they must be'];
    return { ...nothing, files, unchecked, findings: [fault, ...(await checkBySums(folder))] };
  }
  const findings: Finding[] = [...(fault === null ? [] : [fault]), ...(await checkFiles(folder, seal))];
  const { keys, findings: badKeys } = certifiedKeys(seal);
  findings.push(...badKeys);
  const names = Object.keys(seal.files).filter((name) => !findings.some(({ file }) => file === name));
  const { contract, fault: badContract } = await openContract(folder, seal);
  if (badContract !== null) findings.push(badContract);

  const byHash = new Map(names.map((name) => [seal.files[name]!.sha256, name]));
  const replay =
    contract === null
      ? null
      : openReplay({ contract, keys, blobs: exportedBlobs(folder, byHash), signal: options.signal });
  const claimed = names.includes(reportFile) ? await readRunReport(folder) : null;
  const walk = await walkJournal(folder, seal, { ...options, keys, replay, reportHead: claimed?.journal.head ?? null });
  findings.push(...walk.findings);

  const unchecked: string[] = [];
  let reports = 0;
  if (replay === null || contract === null) unchecked.push('the course of the run: its contract does not hold');
  else if (!walk.whole) unchecked.push('what follows from the whole journal: models, reports and how the run ended');
  else {
    findings.push(...checkMade(seal, replay, contract, names));
    const closed = replay.state.phase === 'closed';
    const terms = { keys, contract, model: closed ? resultOf(replay.state) : null };
    const own = await checkSiteReports(folder, names, terms);
    findings.push(...own.findings);
    reports = own.reports.length;
    const all = Object.keys(seal.files).filter((name) => name.startsWith('reports/'));
    const { point } = walk;
    if (claimed === null || point === null || own.findings.length > 0 || all.some((name) => !names.includes(name))) {
      unchecked.push('the figures of the run report');
    } else findings.push(...(await checkRunReport(folder, names, { claimed, point, reports: own.reports })));
  }
  return {
    ...{ run: seal.run, lead: seal.lead, files, reports, unchecked, findings },
    journal: { records: walk.records, head: walk.head },
    contributions: replay?.contributions ?? 0,
    outcome: replay?.state.outcome ?? null,
    model: replay === null ? null : resultOf(replay.state),
    folds: replay?.folds ?? [],
  };
}

const nothing: Omit<Verification, 'files' | 'unchecked' | 'findings'> = {
  ...{ run: null, lead: null, contributions: 0, reports: 0, outcome: null, model: null, folds: [] },
  journal: { records: 0, head: null },
};

type Opened =
  | { readonly seal: ExportSeal; readonly fault: Finding | null }
  | { readonly seal: null; readonly fault: Finding };

/** The seal, if the lead signed it. Another lead's seal is read on, and told. */
async function openSeal(folder: ExportFolder, lead: PublicKey | undefined): Promise<Opened> {
  if (!(await folder.names()).includes(sealFile)) {
    return { seal: null, fault: finding(sealFile, coded('CSM-VERIFY-MISSING', { file: sealFile })) };
  }
  try {
    const seal = readSeal(await wholeFile(folder, sealFile), verify);
    if (lead === undefined || seal.lead === lead) return { seal, fault: null };
    return { seal, fault: finding(sealFile, coded('CSM-VERIFY-LEAD', { found: seal.lead, given: lead })) };
  } catch (thrown) {
    return { seal: null, fault: finding(sealFile, thrown) };
  }
}

/** The contract that the run goes by, if the lead signed it for this run. */
async function openContract(
  folder: ExportFolder,
  { lead, consortium, run }: ExportSeal,
): Promise<{ readonly contract: Contract | null; readonly fault: Finding | null }> {
  try {
    const refuse = (problem: string): never => fail('CSM-VERIFY-CONTRACT', { problem });
    const parsed = signedContract.safeParse(await jsonFile(folder, contractFile));
    const { contract, signature }: SignedContract = parsed.data ?? refuse('it is no signed contract');
    if (!verify(lead, contractDomain, canonicalBytes(contract), signature)) refuse('the lead did not sign it');
    if (contract.consortium !== consortium || contract.run !== run) refuse('it is of another run');
    for (const [name, { sha256: hash, text }] of Object.entries(contract.files)) {
      if (sha256(Buffer.from(text, 'utf8')) !== hash) refuse(`the text of ${name} has another hash`);
    }
    checkExtensions(contract);
    return { contract, fault: null };
  } catch (thrown) {
    return { contract: null, fault: finding(contractFile, thrown) };
  }
}

interface Walk {
  readonly records: number;
  readonly head: BlobHash | null;
  /** Every record was read, and the replay took each. */
  readonly whole: boolean;
  readonly point: ReportPoint | null;
  readonly findings: readonly Finding[];
}

/** Reads the journal once: links, hashes, signatures and end; and lets the run be played again beside it. */
async function walkJournal(
  folder: ExportFolder,
  seal: ExportSeal,
  means: {
    readonly keys: CertifiedKeys;
    readonly replay: Replay | null;
    readonly reportHead: BlobHash | null;
    readonly head?: BlobHash | undefined;
    readonly signal: AbortSignal;
  },
): Promise<Walk> {
  const { keys, replay, reportHead, signal } = means;
  const signedBy = followKeeper(keys.coordinator, (key) => keys.coordinator.includes(key));
  const findings: Finding[] = [];
  let last: JournalHead | null = null;
  let began = '';
  let point: ReportPoint | null = null;
  let playing = replay !== null;
  const next = () => (last === null ? 0 : last.sequence + 1);
  try {
    for await (const record of readJournal(chunksOf(folder, journalFile))) {
      signal.throwIfAborted();
      const before = signedBy.keeper();
      verifyNext(last, record, { chain: seal.run, verify: signedBy });
      if (last === null) began = record.time;
      last = record;
      if (!playing || replay === null) continue;
      const bad = await replay.take(record, { before, after: signedBy.keeper() });
      if (bad !== null) findings.push(bad);
      // A fold that differs is told, and the run goes on from what the journal names.
      playing = bad === null || bad.error.code === 'CSM-VERIFY-FOLD';
      if (!playing || record.hash !== reportHead) continue;
      const journal = { head: record.hash, records: record.sequence + 1 };
      point = { state: replay.state, sent: new Map(replay.sent), journal, began, ended: record.time };
    }
  } catch (thrown) {
    signal.throwIfAborted();
    // The file may lack altogether: that is told already.
    if (asCoded(thrown).code !== 'CSM-INTERNAL') findings.push(finding(journalFile, thrown, { record: next() }));
    return { records: next(), head: last?.hash ?? null, whole: false, point: null, findings };
  }
  const head = last?.hash ?? null;
  for (const expected of [seal.journal.head, ...(means.head === undefined ? [] : [means.head])]) {
    if (head === expected) continue;
    const error = coded('CSM-JOURNAL-TRUNCATED', { chain: seal.run, records: next() });
    findings.push(finding(journalFile, error, { record: Math.max(0, next() - 1) }));
    playing = false;
  }
  return { records: next(), head, whole: playing, point, findings };
}

/** Whether models, preparation and blobs in the folder are those that the journal names. */
function checkMade(
  { files }: ExportSeal,
  { state, named }: Replay,
  contract: Contract,
  names: readonly string[],
): readonly Finding[] {
  const findings: Finding[] = [];
  const bad = (file: string, problem: string) =>
    findings.push(finding(file, coded('CSM-VERIFY-FILE', { file, problem })));
  if (state.contractHash !== contractHash(contract)) bad(contractFile, 'the journal goes by another contract');
  if (names.includes(contractFile) && files[contractFile]?.sha256 !== state.contractBlob) {
    bad(contractFile, 'the journal names another signed contract');
  }
  const closed = state.phase === 'closed';
  const due = new Map<string, BlobHash | null>([
    [modelFile, resultOf(state)],
    [frozenFile, state.frozen],
    [preparationFile, state.preparation],
  ]);
  for (const [file, hash] of due) {
    const found = files[file]?.sha256 ?? null;
    if (!closed && (found === null || file !== modelFile || named.has(found))) continue;
    if (found !== hash) bad(file, `the journal names ${hash ?? 'none'}, and it is ${found ?? 'not there'}`);
  }
  for (const name of names.filter((own) => own.startsWith(`${blobFolder}/`))) {
    const { sha256: hash } = files[name]!;
    if (name !== `${blobFolder}/${hash}`) bad(name, `its hash is ${hash}`);
    else if (!named.has(hash)) bad(name, 'the journal names no such blob');
  }
  return findings;
}
