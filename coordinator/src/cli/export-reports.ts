import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalBytes } from '@consilium/shared/canonical';
import { type Contract, isOrExtends } from '@consilium/shared/contract';
import { type Certificate, verify } from '@consilium/shared/crypto';
import { fail } from '@consilium/shared/errors';
import type { RunId, SiteId } from '@consilium/shared/ids';
import { isSignedReport, type SignedReport, type SiteReport, verifyReport } from '@consilium/shared/report';
import { csvOf, runTables } from '@consilium/shared/report/tables';
import { getReport, getRunReport, listReports } from '../api/calls.js';
import type { RunView } from '../conduct/view.js';
import type { LeadSession } from './session.js';

/** Each site's own signed report, as JSON and as a page, in the order of sites. @throws CSM-LEAD-EXPORT, CSM-REPORT-SIGNATURE */
export async function saveReports(
  session: LeadSession,
  {
    view,
    words,
    contract,
  }: { readonly view: RunView; readonly words: readonly Certificate[]; readonly contract: Contract },
  folder: string,
  signal: AbortSignal,
): Promise<SiteReport[]> {
  const { client } = session;
  const { run } = view;
  const sent = (await client.call(listReports, { params: { run }, signal })).reports.filter(({ released }) => released);
  if (sent.length === 0) return [];
  // Drawing the charts needs ECharts, which is slow to load: only an export waits for it.
  const { reportHtml } = await import('@consilium/shared/report/html');
  await mkdir(folder, { recursive: true });
  const written: SiteReport[] = [];
  for (const { manifest } of sent) {
    const { site } = manifest;
    const signed = await client.call(getReport, { params: { run, site }, signal });
    const report = reportOf(signed, site, words, run);
    if (
      report.run !== run ||
      !isOrExtends(contract, report.contract) ||
      report.site !== site ||
      report.model !== view.model
    ) {
      wrong(run, `the report of ${site} is about something else`);
    }
    await writeFile(join(folder, `${site}.json`), canonicalBytes(signed));
    await writeFile(join(folder, `${site}.html`), reportHtml(signed));
    written.push(report);
  }
  return written;
}

/**
 * The coordinator's report of the whole run: it must be of this contract, this model and this journal. As JSON, as a page,
 * and as tables, together with the figures of the sites' own reports.
 * @param sites verified reports @throws CSM-LEAD-EXPORT
 */
export async function saveRunReport(
  { client }: LeadSession,
  view: RunView,
  sites: readonly SiteReport[],
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const { run, contract, model } = view;
  const report = await client.call(getRunReport, { params: { run }, signal });
  const isOfJournal = view.phase !== 'closed' || report.journal.head === view.journalHead;
  if (report.run !== run || report.contract !== contract || report.model !== model || !isOfJournal) {
    wrong(run, 'the report of the run is about something else');
  }
  const { runReportHtml } = await import('@consilium/shared/report/html');
  await writeFile(join(folder, 'report.json'), canonicalBytes(report));
  await writeFile(join(folder, 'report.html'), runReportHtml(report));
  await mkdir(join(folder, 'tables'), { recursive: true });
  for (const table of runTables(report, sites)) {
    await writeFile(join(folder, 'tables', `${table.name}.csv`), csvOf(table));
  }
}

/** A report is of the hospital if a key that the lead certified for it, then or now, signed it. @throws CSM-REPORT-SIGNATURE */
function reportOf(signed: SignedReport, site: SiteId, words: readonly Certificate[], run: RunId): SiteReport {
  const keys = words.flatMap(({ body: { role, id, publicKey } }) =>
    role === 'site' && id === site ? [publicKey] : [],
  );
  const key = keys.find((known) => isSignedReport(signed, known, verify)) ?? keys.at(-1);
  return verifyReport(signed, key ?? wrong(run, `${site} has no certified key`), verify);
}

const wrong = (run: string, problem: string): never => fail('CSM-LEAD-EXPORT', { run, problem });
