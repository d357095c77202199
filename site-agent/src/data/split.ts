import { createHash } from 'node:crypto';
import { fail } from '@consilium/shared/errors';
import { type PartName, partNames } from './dataset.js';
import { columnIndex, openTable } from './table.js';

const splitColumn = 'split';

/** What a split file says: the part of each id. An id in two parts keeps both, so that the check on patients finds it. */
export type SplitFile = ReadonlyMap<string, ReadonlySet<PartName>>;

/**
 * Reads a split file: the sample's id (or, without that column, the patient's) and `split` = train, validation or test.
 * @throws CSM-DATA-SPLIT-VALUE and the faults of tables
 */
export async function readSplit(
  path: string,
  keys: { readonly id: string; readonly patient: string | undefined },
  signal?: AbortSignal,
): Promise<{ readonly by: 'id' | 'patient'; readonly parts: SplitFile }> {
  const table = await openTable(path, signal);
  const byPatient =
    !table.columns.includes(keys.id) && keys.patient !== undefined && table.columns.includes(keys.patient);
  const key = columnIndex(table, byPatient && keys.patient ? keys.patient : keys.id);
  const split = columnIndex(table, splitColumn);
  const parts = new Map<string, Set<PartName>>();
  for await (const { fields, line } of table.rows) {
    const value = fields[split]?.trim().toLowerCase();
    const part = partNames.find((name) => name === value) ?? fail('CSM-DATA-SPLIT-VALUE', { file: table.file, line });
    const id = fields[key]?.trim() ?? '';
    parts.set(id, (parts.get(id) ?? new Set()).add(part));
  }
  return { by: byPatient ? 'patient' : 'id', parts };
}

/** A sample as far as splitting is concerned. */
export interface SplitSample {
  readonly patient: string;
  readonly label: number;
  /** Parts that the split file names for it; null where there is no split file. */
  readonly named: ReadonlySet<PartName> | null;
}

/**
 * The part of each patient. Where there is no split file the test part is drawn; where none names validation, that is drawn
 * from the training patients. Draws are by patient, of the same share in each class (to one patient), and depend on the seed
 * and the cohort alone, not on the order of rows.
 * @returns part by patient, and how many patients the split file puts in two parts
 */
export function splitPatients(
  samples: readonly SplitSample[],
  shares: { readonly validation: number; readonly test: number; readonly seed: number },
): { readonly parts: ReadonlyMap<string, PartName>; readonly straddling: number } {
  const named = new Map<string, Set<PartName>>();
  for (const { patient, named: parts } of samples) {
    const all = named.get(patient) ?? new Set();
    for (const part of parts ?? []) all.add(part);
    named.set(patient, all);
  }
  const straddling = [...named.values()].filter((parts) => parts.size > 1).length;
  const hasFile = samples.some((sample) => sample.named !== null);
  const namesValidation = [...named.values()].some((parts) => parts.has('validation'));
  const classes = classOfPatients(samples);
  const everyone = [...named.keys()];
  const test = hasFile ? new Set<string>() : draw(everyone, classes, shares.test, `test:${shares.seed}`);
  const training = everyone.filter((patient) => !test.has(patient) && (!hasFile || named.get(patient)?.has('train')));
  const validation = namesValidation
    ? new Set<string>()
    : draw(training, classes, shares.validation, `validation:${shares.seed}`);
  const partOf = (patient: string): PartName => {
    if (test.has(patient)) return 'test';
    if (validation.has(patient)) return 'validation';
    return [...(named.get(patient) ?? [])][0] ?? 'train';
  };
  return { parts: new Map(everyone.map((patient) => [patient, partOf(patient)])), straddling };
}

/** Every 1/share-th patient of the list ordered by class, then by a hash: exact in total, even over classes, blind to row order. */
function draw(
  patients: readonly string[],
  classes: ReadonlyMap<string, number>,
  share: number,
  seed: string,
): Set<string> {
  const ordered = patients
    .map((patient) => ({ patient, label: classes.get(patient) ?? 0, hash: hashOf(seed, patient) }))
    .sort((a, b) => a.label - b.label || (a.hash < b.hash ? -1 : 1));
  const until = (index: number): number => Math.floor(index * share + 0.5);
  return new Set(ordered.filter((_, index) => until(index + 1) > until(index)).map(({ patient }) => patient));
}

const hashOf = (seed: string, patient: string): string =>
  createHash('sha256').update(seed).update('\0').update(patient).digest('hex');

/** The class of most of a patient's samples; of the lower index where two are equal. */
function classOfPatients(samples: readonly SplitSample[]): ReadonlyMap<string, number> {
  const counts = new Map<string, Map<number, number>>();
  for (const { patient, label } of samples) {
    const own = counts.get(patient) ?? new Map<number, number>();
    counts.set(patient, own.set(label, (own.get(label) ?? 0) + 1));
  }
  const most = (own: ReadonlyMap<number, number>): number =>
    [...own].reduce((best, each) => (each[1] > best[1] || (each[1] === best[1] && each[0] < best[0]) ? each : best))[0];
  return new Map([...counts].map(([patient, own]) => [patient, most(own)]));
}
