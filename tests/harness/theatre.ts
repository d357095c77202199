import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunView } from '@consilium/coordinator/conduct';
import { type Company, castByFolder, openCompany } from '@consilium/coordinator/rehearsal';
import { amlCohort, type Table } from '@consilium/models/synthetic';
import type { RunId } from '@consilium/shared/ids';

const classes = ['NPM1', 'CEBPA', 'KMT2Ar'];

/** A consortium of real processes on synthetic data, for tests that kill them. */
export interface Theatre {
  readonly company: Company;
  readonly folder: string;
  launch(runFile: string): Promise<RunId>;
  view(run: RunId): Promise<RunView>;
  until(run: RunId, wanted: (view: RunView) => boolean, limitMs?: number): Promise<RunView>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A small run: real training on wasm, a few seconds long. */
export const smallRun = (changes = ''): string => `
name: small
model: { family: attention-aml, preset: small, classes: [${classes.join(', ')}] }
data: { kind: expression-table, label: subtype, files: { features: expression.csv, samples: samples.csv } }
training: { rounds: 3, batchSize: 16, optimizer: { name: adam, rate: 3.0e-3 } }
seed: 11
${changes}`;

export async function openTheatre(names: readonly string[], patients = 60): Promise<Theatre> {
  const folder = await mkdtemp(join(tmpdir(), 'consilium-theatre-'));
  const cohort = amlCohort({
    seed: 3,
    sites: names.map((name) => ({ name, patients, classShares: [1, 1, 1], shift: 0.3 })),
    features: 40,
    classes,
    markersPerClass: 4,
  });
  for (const { name, expression, samples } of cohort.sites) {
    const data = join(folder, 'data', name);
    await mkdir(data, { recursive: true });
    await writeFile(join(data, 'expression.csv'), csv(expression));
    await writeFile(join(data, 'samples.csv'), csv(samples));
  }
  const stop = new AbortController();
  const company = await openCompany({
    backstage: join(folder, 'backstage'),
    logs: join(folder, 'logs'),
    sites: async () => castByFolder(names.map((name) => `${name}=${join(folder, 'data', name)}`)),
    backend: 'wasm',
    synthetic: true,
    say: () => {},
    signal: stop.signal,
  });
  const theatre: Theatre = {
    company,
    folder,
    async launch(runFile) {
      const path = join(folder, 'run.yaml');
      await writeFile(path, runFile);
      return company.lead.launch(path);
    },
    view: (run) => company.lead.view(run),
    async until(run, wanted, limitMs = 120_000) {
      const end = performance.now() + limitMs;
      for (;;) {
        const view = await theatre.view(run).catch(() => null);
        if (view !== null && wanted(view)) return view;
        if (performance.now() > end) throw new Error(`still at ${view?.step}: ${JSON.stringify(view?.sites)}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await company.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return theatre;
}

const csv = ({ header, rows }: Table): string => [header, ...rows].map((row) => row.join(',')).join('\n');
