import { join } from 'node:path';
import { copiesBeforeSplit } from '@consilium/shared/contract';
import { fail } from '@consilium/shared/errors';
import { copyOf, smallerClasses } from './copies.js';
import { type Dataset, type Part, type PartName, partNames, type QuarantinedRow } from './dataset.js';
import type { StatedValue } from './samples.js';
import type { DataSource } from './source.js';
import { readSplit, splitPatients } from './split.js';
import { trainableRows } from './stage-samples.js';

/** A sample of a class of the run that can be read; not yet known to which part it belongs. */
export interface FoundSample {
  readonly id: string;
  readonly patient: string;
  /** Class index; −1 where it is not known and need not be. */
  readonly label: number;
  /** Index among the run's groups; −1 where it has none, or the group is not known and need not be. */
  readonly group: number;
  /** What the tables say of it in each column of subgroups; undefined where none has the column. */
  readonly stated: readonly StatedValue[];
  readonly file: string;
  readonly line: number;
}

export interface Findings<Found extends FoundSample> {
  readonly source: DataSource;
  /** The file that an error about the whole names. */
  readonly file: string;
  readonly samples: readonly Found[];
  readonly features: readonly string[];
  readonly counts: Pick<Dataset['counts'], 'read' | 'otherLabel' | 'missingFeatures'>;
  readonly quarantine: readonly QuarantinedRow[];
  /** The input of some of the samples, in their order. */
  readonly build: (own: readonly Found[]) => Pick<Part, 'input' | 'sides'>;
}

/**
 * What all kinds of data have in common: parts by the split file or by lot, patients by number, for training and validation the groups
 * that some stage looks at, and a cohort that is large enough.
 * @throws CSM-DATA-NO-ROWS, CSM-DATA-SPLIT-*, CSM-DATA-ONE-CLASS, CSM-COHORT-SMALL
 */
export async function assembleDataset<Found extends FoundSample>(findings: Findings<Found>): Promise<Dataset> {
  const { source, file, samples, features, counts, build } = findings;
  const { runFile } = source.contract;
  const { model, data, preparation, validation, seed } = runFile;
  const files = source.files ?? data.files;
  const columns = { id: data.id, patient: data.patient };
  const split =
    files.split === undefined ? null : await readSplit(join(source.directory, files.split), columns, source.signal);
  const placed = samples.map((sample) => ({
    sample,
    person: sample.patient,
    named: split === null ? null : split.parts.get(split.by === 'id' ? sample.id : sample.patient),
  }));
  const strays = placed.filter(({ named }) => named === undefined);
  const originals = placed.flatMap(({ named, ...own }) => (named === undefined ? [] : [{ ...own, named }]));
  const copies = copiesBeforeSplit(preparation) ? smallerClasses(originals) : [];
  if (copies.length > 0 && files.split !== undefined) fail('CSM-DATA-SPLIT-FIXED', { file: files.split });
  const kept = [...originals, ...copies.map((own) => ({ ...own, sample: copyOf(own.sample) }))];
  if (kept.length === 0) fail('CSM-DATA-NO-ROWS', { file, why: 'every row is faulty' });
  const { parts, straddling } = splitPatients(
    kept.map(({ sample: { patient, label }, named }) => ({ patient, label, named })),
    { validation: validation.share, test: data.testShare, seed },
  );
  if (straddling > 0) fail('CSM-DATA-SPLIT-STRADDLE', { file: files.split ?? '', patients: straddling });

  const numbers = new Map<string, number>();
  for (const { person } of kept) if (!numbers.has(person)) numbers.set(person, numbers.size);
  // A copy is the same person: nothing counts it as another.
  const persons = new Map(kept.map(({ sample, person }) => [sample, numbers.get(person)!]));
  const found = (name: PartName): readonly Found[] =>
    kept.flatMap(({ sample }) => (parts.get(sample.patient) === name ? [sample] : []));
  const own: Readonly<Record<PartName, readonly Found[]>> = {
    train: trainableRows(found('train'), runFile),
    validation: trainableRows(found('validation'), runFile),
    test: found('test'),
  };
  const partOf = (name: PartName): Part => ({
    rows: own[name].length,
    y: Int32Array.from(own[name], ({ label }) => label),
    patients: Int32Array.from(own[name], (sample) => persons.get(sample)!),
    groups: data.groups === undefined ? null : Int32Array.from(own[name], ({ group }) => group),
    ...build(own[name]),
  });
  const idsOf = (name: PartName): readonly string[] => own[name].map(({ id }) => id);
  const statedIn = (name: PartName) => own[name].map(({ stated }) => stated);
  const [train, validationPart, test] = partNames.map(partOf);
  const [trainIds, validationIds, testIds] = partNames.map(idsOf);
  const quarantine = [
    ...findings.quarantine,
    ...strays.map(
      ({ sample }): QuarantinedRow => ({ file: sample.file, line: sample.line, reason: 'no part in the split file' }),
    ),
  ];
  const used = partNames.reduce((sum, name) => sum + own[name].length, 0);
  const unused = kept.length - used;
  const absent = (validation.subgroups ?? [])
    .filter((_, index) => kept.every(({ sample }) => sample.stated[index] === undefined))
    .map(({ column }) => column);
  const notes = [
    ...(copies.length > 0 ? [`The run copies ${copies.length} samples before it splits them.`] : []),
    ...(absent.length > 0 ? [`Without a column here, and so not stated of anybody: ${absent.join(', ')}.`] : []),
    ...(unused > 0 ? [`Rows of training and validation patients left out: ${unused}. ${untrained}`] : []),
  ];
  const dataset: Dataset = {
    features,
    classes: model.classes,
    parts: { train: train!, validation: validationPart!, test: test! },
    ids: { train: trainIds!, validation: validationIds!, test: testIds! },
    stated: { train: statedIn('train'), validation: statedIn('validation'), test: statedIn('test') },
    counts: {
      ...counts,
      read: counts.read + copies.length,
      kept: used,
      otherLabel: counts.otherLabel + unused,
      quarantined: quarantine.length,
    },
    quarantine,
    ...(notes.length > 0 && { notes }),
  };
  const { minimumCohort: minimum } = validation;
  if (new Set(dataset.parts.train.patients).size < minimum) fail('CSM-COHORT-SMALL', { minimum });
  // A cohort of nobody is asked for where nothing is trained: patients of one class can be judged.
  if (source.labels !== 'optional' && minimum > 0) refuseOneClass(dataset.parts.train, data.label);
  return dataset;
}

const untrained = 'They are of groups that no stage trains on, or of which there are too few patients here.';

function refuseOneClass({ y }: Part, label: string): void {
  if (new Set(y).size < 2) fail('CSM-DATA-ONE-CLASS', { column: label });
}
