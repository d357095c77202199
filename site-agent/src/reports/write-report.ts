import { join } from 'node:path';
import type { SignedReport } from '@consilium/shared/report';
import { type Disk, makePrivate, realDisk, writeWhole } from '../config/index.js';

/**
 * Writes a signed report as JSON (the record) and as one self-contained HTML file (the reading copy).
 * @returns their paths
 * @throws CSM-AGENT-DISK
 */
export async function writeReport(
  folder: string,
  name: string,
  signed: SignedReport,
  disk: Disk = realDisk,
): Promise<{ readonly json: string; readonly html: string }> {
  // ECharts is most of a process's start: it is loaded when there is something to draw.
  const { reportHtml } = await import('@consilium/shared/report/html');
  await makePrivate(folder, disk);
  const [json, html] = [join(folder, `${name}.json`), join(folder, `${name}.html`)];
  await writeWhole(json, `${JSON.stringify(signed, null, 2)}\n`, disk);
  await writeWhole(html, reportHtml(signed), disk);
  return { json, html };
}
