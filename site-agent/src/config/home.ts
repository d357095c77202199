import { join, resolve } from 'node:path';
import { makePrivate } from './files.js';

/** Where a site keeps what is its own. Everything below is readable by its owner alone. */
export interface SiteHome {
  readonly folder: string;
  /** site.yaml: where the data lie, which backend, which way out. */
  readonly settings: string;
  /** The site's private key, sealed under a passphrase. */
  readonly key: string;
  /** While the key changes: the next one, sealed alike, and what both signed of it. */
  readonly nextKey: string;
  readonly keyChange: string;
  /** Whom this site is enrolled with. */
  readonly enrolment: string;
  /** What the lead certified of this site, and the newest revision of the coordinator's certificate. */
  readonly standing: string;
  /** What left this site: a hash-chained journal, one line each. */
  readonly ledger: string;
  readonly lock: string;
  /** Holds an empty file for each run that this hospital has left. */
  readonly left: string;
  /** One folder a run. */
  readonly runs: string;
  /** Fetched blobs that may be of use to several runs. */
  readonly blobs: string;
  readonly reports: string;
}

export function siteHome(folder: string): SiteHome {
  const root = resolve(folder);
  return {
    folder: root,
    settings: join(root, 'site.yaml'),
    key: join(root, 'site.key'),
    nextKey: join(root, 'site.key.next'),
    keyChange: join(root, 'key-change.json'),
    enrolment: join(root, 'enrolment.json'),
    standing: join(root, 'certificate.json'),
    ledger: join(root, 'ledger.jsonl'),
    lock: join(root, 'agent.lock'),
    left: join(root, 'left'),
    runs: join(root, 'runs'),
    blobs: join(root, 'blobs'),
    reports: join(root, 'reports'),
  };
}

/** Makes the folders of a home (0700). @throws CSM-AGENT-DISK */
export async function makeHome(home: SiteHome): Promise<void> {
  for (const folder of [home.folder, home.runs, home.reports]) await makePrivate(folder);
}
