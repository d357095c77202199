import { canonicalBytes } from '@consilium/shared/canonical';
import { type Contract, isOrExtends } from '@consilium/shared/contract';
import { verify } from '@consilium/shared/crypto';
import { coded } from '@consilium/shared/errors';
import type { BlobHash } from '@consilium/shared/ids';
import { isSignedReport, type RunReport, runReport, type SignedReport, signedReport } from '@consilium/shared/report';
import { csvOf, runTables } from '@consilium/shared/report/tables';
import { runReportOf } from '../reports/index.js';
import { currentStepId, inOrder, type RunState, resultOf } from '../rounds/index.js';
import { type Finding, finding } from './finding.js';
import { type ExportFolder, jsonFile, wholeFile } from './folder.js';
import type { CertifiedKeys } from './keys.js';
import type { Replay } from './replay.js';

export const reportFile = 'report.json';
const siteReportFile = /^reports\/([^/]+)\.json$/;

/** The run as it stood when its report was written. */
export interface ReportPoint {
  readonly state: RunState;
  readonly sent: Replay['sent'];
  readonly journal: { readonly head: BlobHash; readonly records: number };
  readonly began: string;
  readonly ended: string;
}

/** The run's report in the folder; null when there is none that can be read. */
export async function readRunReport(folder: ExportFolder): Promise<RunReport | null> {
  return runReport.safeParse(await jsonFile(folder, reportFile)).data ?? null;
}

/** Each site's own report: signed by a key that the lead certified, and about this run and its model. */
export async function checkSiteReports(
  folder: ExportFolder,
  names: readonly string[],
  {
    keys,
    contract,
    model,
  }: { readonly keys: CertifiedKeys; readonly contract: Contract; readonly model: BlobHash | null },
): Promise<{ readonly reports: readonly SignedReport[]; readonly findings: readonly Finding[] }> {
  const reports: SignedReport[] = [];
  const findings: Finding[] = [];
  for (const file of names) {
    const [, site] = siteReportFile.exec(file) ?? [];
    if (site === undefined) continue;
    const bad = (problem: string) => findings.push(finding(file, coded('CSM-VERIFY-REPORT', { file, problem })));
    const parsed = signedReport.safeParse(await jsonFile(folder, file));
    if (!parsed.success) {
      bad('it is no signed report');
      continue;
    }
    const { report } = parsed.data;
    if (!keys.ofSite(site).some(({ publicKey }) => isSignedReport(parsed.data, publicKey, verify)))
      bad(`no certified key of ${site} signed it`);
    else if (report.site !== site || report.run !== contract.run || !isOrExtends(contract, report.contract)) {
      bad('it is of another site or run');
    } else if (model !== null && report.model !== model) bad('it judges another model');
    else reports.push(parsed.data);
  }
  return { reports, findings };
}

/**
 * Writes the run's report again from the journal and the sites' reports, and compares. What only the coordinator could count is
 * taken as told: the pooled figures, of which the journal holds the most, and the software that it ran on.
 */
export async function checkRunReport(
  folder: ExportFolder,
  names: readonly string[],
  {
    claimed,
    point,
    reports,
  }: { readonly claimed: RunReport; readonly point: ReportPoint; readonly reports: readonly SignedReport[] },
): Promise<readonly Finding[]> {
  const { state, sent, journal, began, ended } = point;
  const tested = currentStepId(state) === 'test' && resultOf(state) !== null ? inOrder(state.accepted) : [];
  const all = [...sent.values()];
  const made = runReportOf({
    ...{ state, journal, began, ended, software: claimed.software, told: claimed.pooled },
    evaluations: tested.map(({ site }) => ({
      site,
      evaluation: {
        ...{ salt: '', counts: null },
        report: reports.find(({ report }) => report.site === site) ?? null,
      },
    })),
    traffic: state.sites.map((site) => {
      const own = all.filter((one) => one.site === site);
      const refusals = own.filter(({ accepted }) => !accepted).length;
      const bytes = own.reduce((sum, one) => sum + one.bytes, 0);
      return { site, contributions: own.length - refusals, refusals, bytes };
    }),
  });
  const differs = (file: string, problem: string) => finding(file, coded('CSM-VERIFY-REPORT', { file, problem }));
  const problem = difference(plain(claimed), plain(made), '') ?? pooledProblem(claimed, state);
  const findings = problem === null ? [] : [differs(reportFile, problem)];
  for (const table of runTables(
    made,
    reports.map(({ report }) => report),
  )) {
    const file = `tables/${table.name}.csv`;
    if (!names.includes(file) || Buffer.from(await wholeFile(folder, file)).toString('utf8') === csvOf(table)) continue;
    findings.push(differs(file, 'its rows are others'));
  }
  return findings;
}

/** Pooled scores are rounded to three decimals in a report. */
const halfStep = 0.000501;

/** Whether the pooled figures are those that the journal names for the final test. */
function pooledProblem({ pooled }: RunReport, { history }: RunState): string | null {
  const journaled = history.find(({ step }) => step === 'test')?.metrics ?? null;
  if (pooled === null || journaled === null) return null;
  if (pooled.measures.n !== journaled.n) return 'pooled.measures.n is another number than in the journal';
  for (const [name, { value }] of Object.entries(pooled.measures.scores)) {
    const known = Object.entries(journaled).find(([key]) => key === name)?.[1];
    if (typeof value !== 'number' || typeof known !== 'number') continue;
    if (Math.abs(value - known) > halfStep) return `pooled.measures.scores.${name} is another than in the journal`;
  }
  return null;
}

const plain = (value: unknown): unknown => JSON.parse(Buffer.from(canonicalBytes(value)).toString('utf8'));

/** Where two JSON values first differ, in words; null when they are the same. */
function difference(told: unknown, due: unknown, path: string): string | null {
  if (Array.isArray(told) && Array.isArray(due)) {
    if (told.length !== due.length) return `${path} has ${told.length} entries, and should have ${due.length}`;
    return first(told.map((own, index) => difference(own, due[index], `${path}[${index}]`)));
  }
  if (isRecord(told) && isRecord(due)) {
    const keys = [...new Set([...Object.keys(told), ...Object.keys(due)])];
    return first(keys.map((key) => difference(told[key], due[key], path === '' ? key : `${path}.${key}`)));
  }
  if (told === due) return null;
  return `${path} is ${JSON.stringify(told) ?? 'left out'}, and should be ${JSON.stringify(due) ?? 'left out'}`.slice(
    0,
    400,
  );
}

const first = (problems: readonly (string | null)[]): string | null =>
  problems.find((problem) => problem !== null) ?? null;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
