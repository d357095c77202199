import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalBytes } from '@consilium/shared/canonical';
import { type Contract, isOrExtends } from '@consilium/shared/contract';
import { certificateDomain, verify } from '@consilium/shared/crypto';
import { fail } from '@consilium/shared/errors';
import type { PublicKey, SiteId } from '@consilium/shared/ids';
import { type SiteReport, verifyReport } from '@consilium/shared/report';
import { csvOf, runTables } from '@consilium/shared/report/tables';
import { getReport, getRunReport, listReports, listSites } from '../api/calls.js';
import type { RunView } from '../conduct/view.js';
import type { LeadSession } from './session.js';

/** Each site's own signed report, as JSON and as a page, in the order of sites. @throws CSM-LEAD-EXPORT, CSM-REPORT-SIGNATURE */
export async function saveReports(
  session: LeadSession,
  { view, contract }: { readonly view: RunView; readonly contract: Contract },
  folder: string,
  signal: AbortSignal,
): Promise<SiteReport[]> {
  const { client } = session;
  const { run } = view;
  const sent = (await client.call(listReports, { params: { run }, signal })).reports.filter(({ released }) => released);
  if (sent.length === 0) return [];
  const keys = await siteKeys(session);
  // Drawing the charts needs ECharts, which is slow to load: only an export waits for it.
  const { reportHtml } = await import('@consilium/shared/report/html');
  await mkdir(folder, { recursive: true });
  const written: SiteReport[] = [];
  for (const { manifest } of sent) {
    const { site } = manifest;
    const signed = await client.call(getReport, { params: { run, site }, signal });
    const key = keys.get(site) ?? wrong(run, `${site} has no certified key`);
    const report = verifyReport(signed, key, verify);
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

/** Keys that this lead certified. A key that was revoked since still tells whose report it was. */
async function siteKeys({ client, lead, home }: LeadSession): Promise<ReadonlyMap<SiteId, PublicKey>> {
  const keys = new Map<SiteId, PublicKey>();
  for (const { site, certificate } of (await client.call(listSites)).sites) {
    if (certificate === null) continue;
    const { body, signature } = certificate;
    const ours = verify(lead.publicKey, certificateDomain, canonicalBytes(body), signature);
    if (ours && body.consortium === home.consortium && body.role === 'site' && body.id === site) {
      keys.set(site, body.publicKey);
    }
  }
  return keys;
}

const wrong = (run: string, problem: string): never => fail('CSM-LEAD-EXPORT', { run, problem });
