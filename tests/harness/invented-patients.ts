import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { amlCohort, type Table } from '@consilium/models/synthetic';

export const subtypes = ['NPM1', 'CEBPA', 'KMT2Ar'];

/** Small hospitals: `expression.csv` and `samples.csv` in a folder each, the same in every test. */
export async function writeHospitals(folders: ReadonlyMap<string, string>, patients = 60): Promise<void> {
  for (const { name, expression, samples } of hospitals([...folders.keys()], patients)) {
    const folder = folders.get(name) ?? '';
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'expression.csv'), csv(expression));
    await writeFile(join(folder, 'samples.csv'), csv(samples));
  }
}

/** The same hospitals as one pooled data set; the column `site` says where a sample is from. */
export async function writePooled(folder: string, names: readonly string[], patients = 60): Promise<void> {
  const all = hospitals(names, patients);
  const pool = (tables: readonly Table[]): Table => ({
    header: tables[0]?.header ?? [],
    rows: tables.flatMap(({ rows }) => rows),
  });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'expression.csv'), csv(pool(all.map(({ expression }) => expression))));
  await writeFile(join(folder, 'samples.csv'), csv(pool(all.map(({ samples }) => samples))));
}

const hospitals = (names: readonly string[], patients: number) =>
  amlCohort({
    seed: 3,
    sites: names.map((name) => ({ name, patients, classShares: [1, 1, 1], shift: 0.3 })),
    features: 40,
    classes: subtypes,
    markersPerClass: 4,
  }).sites;

const csv = ({ header, rows }: Table): string => [header, ...rows].map((row) => row.join(',')).join('\n');
