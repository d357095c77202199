import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunView } from '@consilium/coordinator/conduct';
import { type Company, castByFolder, openCompany } from '@consilium/coordinator/rehearsal';
import type { RunId } from '@consilium/shared/ids';
import { subtypes, writeHospitals } from './invented-patients.js';

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
model: { family: attention-aml, preset: small, classes: [${subtypes.join(', ')}] }
data: { kind: expression-table, label: subtype, files: { features: expression.csv, samples: samples.csv } }
training: { rounds: 3, batchSize: 16, optimizer: { name: adam, rate: 3.0e-3 } }
seed: 11
${changes}`;

export async function openTheatre(names: readonly string[], patients = 60): Promise<Theatre> {
  const folder = await mkdtemp(join(tmpdir(), 'consilium-theatre-'));
  await writeHospitals(new Map(names.map((name) => [name, join(folder, 'data', name)])), patients);
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
      return company.lead.launch(path, () => {});
    },
    view: (run) => company.lead.view(run),
    async until(run, wanted, limitMs = 300_000) {
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
