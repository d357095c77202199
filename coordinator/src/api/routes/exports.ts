import { fail } from '@consilium/shared/errors';
import { blobHash, type RunId, type SiteId, siteId, stepId } from '@consilium/shared/ids';
import { runReport, type SignedReport, signedReport } from '@consilium/shared/report';
import { csvOf, runTables, siteTables, type Table } from '@consilium/shared/report/tables';
import { contributionManifest } from '@consilium/shared/wire';
import { runTableWords, siteTableWords } from '@consilium/shared/words';
import { z } from 'zod';
import type { ExportedBlob } from '../../conduct/view.js';
import { type Bound, bind, bindMedia } from '../bind.js';
import { readRange } from '../byte-range.js';
import { sees } from '../narrow.js';
import type { ApiOptions } from '../options.js';
import { sightOf } from '../role.js';
import { json, media, named } from '../shape.js';
import { lines, whole } from '../streams.js';
import { runPath } from './runs.js';

/** Loaded when the first report is drawn: whoever only asks for one needs none of it, and it is large. */
const drawing = () => import('@consilium/shared/report/html');

/** Bytes of a model that are read and sent at a time. */
const pieceBytes = 2 ** 20;

/** What tells of the course of a run. */
const record = { method: 'GET', access: 'overseer', group: 'exports', params: runPath } as const;
/** What was learnt from patients' records leaves by the lead's key alone: a stolen session takes none of it. */
const part = { ...record, access: 'lead' } as const;

export const getContract = media({
  ...record,
  path: '/api/runs/{run}/contract',
  summary: 'The contract with the signature of the lead',
  mediaType: 'application/json',
});
export const getModel = media({
  ...part,
  path: '/api/runs/{run}/model',
  summary: 'The weights of the chosen model in safetensors form',
  mediaType: 'application/octet-stream',
  ranged: true,
});
export const getFrozen = media({
  ...part,
  path: '/api/runs/{run}/frozen',
  summary: 'The weights that the last stage did not train, in safetensors form',
  mediaType: 'application/octet-stream',
  ranged: true,
});
export const getPreparation = media({
  ...part,
  path: '/api/runs/{run}/preparation',
  summary: 'What the preparation steps fixed: features, counts, scales',
  mediaType: 'application/json',
});
export const getJournal = media({
  ...record,
  path: '/api/runs/{run}/journal',
  summary: "The run's journal, a line a record",
  mediaType: 'application/x-ndjson',
});
export const listReports = json({
  ...record,
  access: 'member',
  path: '/api/runs/{run}/reports',
  summary:
    'Which sites sent an evaluation in the final test, and whether they released a report; a site user gets the own',
  answer: named(
    'Reports',
    z.strictObject({ reports: z.array(z.strictObject({ manifest: contributionManifest, released: z.boolean() })) }),
  ),
});
export const getReport = json({
  ...record,
  access: 'member',
  path: '/api/runs/{run}/reports/{site}',
  summary: "One site's released report of the final test, with its signature",
  params: runPath.extend({ site: siteId }),
  answer: named('SignedReport', signedReport),
});
export const getReportPage = media({
  ...record,
  access: 'member',
  path: '/api/runs/{run}/reports/{site}/html',
  summary: "One site's released report of the final test as a page to read and to print",
  params: runPath.extend({ site: siteId }),
  mediaType: 'text/html; charset=utf-8',
});

export const listKept = json({
  ...part,
  path: '/api/runs/{run}/kept',
  summary: 'Updates that are kept, and the models before and after their rounds',
  answer: named(
    'KeptBlobs',
    z.strictObject({
      blobs: z.array(
        z.strictObject({
          hash: blobHash,
          bytes: z.int(),
          step: stepId,
          /** Whose update it is; null: a model. */
          site: siteId.nullable(),
        }),
      ),
    }),
  ),
});
export const getKept = media({
  ...part,
  path: '/api/runs/{run}/kept/{hash}',
  summary:
    "One of them. That an update was taken is written into the consortium's journal before the first byte leaves",
  params: runPath.extend({ hash: blobHash }),
  mediaType: 'application/octet-stream',
  ranged: true,
});

/** The tables that there are, as a call may name them. */
const tableNames = (words: object) => z.enum(Object.keys(words));

export const getReportTable = media({
  ...record,
  access: 'member',
  path: '/api/runs/{run}/reports/{site}/csv',
  summary: "One table of a site's released report of the final test as CSV; withheld figures are marked so",
  params: runPath.extend({ site: siteId }),
  query: z.strictObject({ table: tableNames(siteTableWords).default('scores') }),
  mediaType: 'text/csv; charset=utf-8',
});

/** A report carries its own style and nothing else; it runs no script and asks nobody for anything. */
const reportPolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox allow-popups";

export const getRunReport = json({
  ...record,
  path: '/api/runs/{run}/report',
  summary: 'The report of a run: contract, participation, pooled figures, each site beside the others, provenance',
  answer: named('RunReport', runReport),
});
export const getRunReportPage = media({
  ...record,
  path: '/api/runs/{run}/report.html',
  summary: 'The same report as one HTML file that needs nothing else',
  mediaType: 'text/html; charset=utf-8',
});

export const getRunReportTable = media({
  ...record,
  path: '/api/runs/{run}/report.csv',
  summary: "One table of the same report, with the rows of each site's own released report, as CSV",
  query: z.strictObject({ table: tableNames(runTableWords).default('scores') }),
  mediaType: 'text/csv; charset=utf-8',
});

export function exportRoutes({ runs, sites }: ApiOptions): readonly Bound[] {
  const reportOf = async ({ run, site }: { readonly run: RunId; readonly site: SiteId }): Promise<SignedReport> => {
    const { reports } = await runs.export(run);
    const sent = reports.find(({ manifest }) => manifest.site === site);
    const report = sent === undefined ? null : releasedReport(await sent.read());
    return report ?? missing(`report of ${site}`, run);
  };
  return [
    bindMedia(getContract, async ({ params }) => whole((await runs.export(params.run)).contract)),
    bindMedia(getModel, async ({ params, ...answer }) => {
      const { model } = await runs.export(params.run);
      return model === null ? missing('model', params.run) : inRange(model, 'the model', answer);
    }),
    bindMedia(getFrozen, async ({ params, ...answer }) => {
      const { frozen } = await runs.export(params.run);
      return frozen === null
        ? missing('frozen part of a model', params.run)
        : inRange(frozen, 'the frozen part', answer);
    }),
    bindMedia(getPreparation, async ({ params }) => {
      const { preparation } = await runs.export(params.run);
      return preparation === null ? missing('preparation', params.run) : whole(preparation);
    }),
    bindMedia(getJournal, async ({ params }) => lines((await runs.export(params.run)).journal())),
    bind(listKept, async ({ params }) => ({
      blobs: (await runs.kept(params.run)).map(({ hash, bytes, step, site }) => ({ hash, bytes, step, site })),
    })),
    bindMedia(getKept, async ({ params: { run, hash }, ...answer }) => {
      const blob = (await runs.kept(run)).find((kept) => kept.hash === hash) ?? missing('kept blob', run);
      const { step, site } = blob;
      if (site !== null) await sites.taken({ run, step, site, update: hash });
      return inRange(blob, 'the blob', answer);
    }),
    bind(listReports, async ({ params, caller }) => {
      const sent = (await runs.export(params.run)).reports;
      const reports = [];
      for (const { manifest, read } of sent.filter(({ manifest }) => sees(sightOf(caller), manifest.site))) {
        reports.push({ manifest, released: releasedReport(await read()) !== null });
      }
      return { reports };
    }),
    bind(getReport, async ({ params }) => reportOf(params)),
    bindMedia(getReportPage, async ({ params, header }) => {
      const { reportHtml } = await drawing();
      const page = reportHtml(await reportOf(params));
      header('content-security-policy', reportPolicy);
      return whole(Buffer.from(page, 'utf8'));
    }),
    bindMedia(getReportTable, async ({ params, query, header }) => {
      const { report } = await reportOf(params);
      header('content-disposition', `attachment; filename="${report.runName}-${report.site}-${query.table}.csv"`);
      return whole(csvIn(siteTables(report), query.table));
    }),
    bind(getRunReport, async ({ params }) => runs.report(params.run)),
    bindMedia(getRunReportPage, async ({ params, header }) => {
      const { runReportHtml } = await drawing();
      const page = runReportHtml(await runs.report(params.run));
      header('content-security-policy', reportPolicy);
      return whole(Buffer.from(page, 'utf8'));
    }),
    bindMedia(getRunReportTable, async ({ params, query, header }) => {
      const report = await runs.report(params.run);
      const { reports } = await runs.export(params.run);
      const released = [];
      for (const { read } of reports) {
        const own = releasedReport(await read());
        if (own !== null) released.push(own.report);
      }
      header('content-disposition', `attachment; filename="${report.name}-${query.table}.csv"`);
      return whole(csvIn(runTables(report, released), query.table));
    }),
  ];
}

const csvIn = (tables: readonly Table[], name: string): Uint8Array =>
  Buffer.from(tables.flatMap((table) => (table.name === name ? csvOf(table) : [])).join(''), 'utf8');

/** The part of an evaluation that others may see. The counts beside it serve the pooled sum and are shown to nobody. */
function releasedReport(bytes: Uint8Array): SignedReport | null {
  return evaluation.parse(JSON.parse(Buffer.from(bytes).toString('utf8'))).report;
}

const evaluation = z.looseObject({ report: signedReport.nullable() });

interface RangedAnswer {
  readonly range: string | undefined;
  header(name: string, value: string): void;
  status(code: number): void;
}

/** The bytes of a blob that were asked for, with the headers that say which they are. */
function inRange(
  blob: ExportedBlob,
  what: string,
  { range, header, status }: RangedAnswer,
): AsyncGenerator<Uint8Array> {
  const wanted = readRange(range, blob.bytes, what);
  const { start, end } = wanted ?? { start: 0, end: blob.bytes };
  if (wanted !== null) {
    status(206);
    header('content-range', `bytes ${start}-${end - 1}/${blob.bytes}`);
  }
  header('accept-ranges', 'bytes');
  header('etag', `"${blob.hash}"`);
  header('content-length', String(end - start));
  return pieces(blob, start, end);
}

async function* pieces(model: ExportedBlob, start: number, end: number): AsyncGenerator<Uint8Array> {
  for (let offset = start; offset < end; offset += pieceBytes) {
    yield await model.read(offset, Math.min(pieceBytes, end - offset));
  }
}

const missing = (what: string, run: string): never => fail('CSM-API-NOT-YET', { what, run });
