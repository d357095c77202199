import type { LabelledSamples } from '@consilium/models/samples';
import type { StatedValue } from './samples.js';

/** The parts of a cohort. A patient lies in exactly one of them. */
export const partNames = ['train', 'validation', 'test'] as const;
export type PartName = (typeof partNames)[number];

/** Samples of one part, in file order: raw values after the declared transforms, NaN where missing. */
export type Part = LabelledSamples;

export type QuarantineReason =
  | 'ragged row'
  | 'no id'
  | 'id twice'
  | 'no entry in the sample table'
  | 'no label'
  | 'not a number'
  | 'no part in the split file'
  | 'no file name'
  | 'outside the folder'
  | 'file missing'
  | 'file unreadable'
  | 'not finite'
  | 'no bag of this sample'
  | 'empty bag'
  | 'too few cells'
  | 'wrong width'
  | 'karyotype not readable'
  | 'neither 0 nor 1'
  | 'corrupt image'
  | 'too small'
  | 'image twice';

/** A row that was left out as faulty. For the hospital's own eyes: it never leaves the site. */
export interface QuarantinedRow {
  readonly file: string;
  readonly line: number;
  readonly reason: QuarantineReason;
  /** The column at fault, where one is. */
  readonly column?: string;
}

/** A site's cohort, ready for preparation. Nothing of it leaves the site but through `preparation/` and `governance/`. */
export interface Dataset {
  /** Names of the input's columns: the contract's list as listed, or this site's numeric columns, sorted. */
  readonly features: readonly string[];
  readonly classes: readonly string[];
  readonly parts: Readonly<Record<PartName, Part>>;
  /** The hospital's own name of each row of each part: for its own eyes. */
  readonly ids: Readonly<Record<PartName, readonly string[]>>;
  /** What is said of each row of each part, by column of the run's subgroups. */
  readonly stated?: Readonly<Record<PartName, readonly (readonly StatedValue[])[]>>;
  /** read = kept + otherLabel + quarantined. */
  readonly counts: {
    readonly read: number;
    readonly kept: number;
    /** Rows of another class or group than the run looks at, and for training and validation than some stage does. */
    readonly otherLabel: number;
    readonly quarantined: number;
    /** Listed features that this site has not; their values are all missing. */
    readonly missingFeatures: number;
  };
  readonly quarantine: readonly QuarantinedRow[];
  /** What the hospital should know of its data beside, in whole sentences: for its own eyes. */
  readonly notes?: readonly string[];
}

export interface PartDescription {
  readonly samples: number;
  readonly patients: number;
  /** Samples of each class, in class order. */
  readonly perClass: readonly number[];
}

/** What a hospital is shown of its own cohort before it takes part. Exact counts: for local eyes only. */
export interface DatasetDescription {
  readonly features: number;
  readonly classes: readonly string[];
  readonly counts: Dataset['counts'];
  readonly parts: Readonly<Record<PartName, PartDescription>>;
  /** Faulty rows by reason. */
  readonly quarantine: Readonly<Partial<Record<QuarantineReason, number>>>;
  /** Share of values in the training part that are missing. */
  readonly missingValues: number;
}

export function describe(dataset: Dataset): DatasetDescription {
  const { train, validation, test } = dataset.parts;
  const quarantine: Partial<Record<QuarantineReason, number>> = {};
  for (const { reason } of dataset.quarantine) quarantine[reason] = (quarantine[reason] ?? 0) + 1;
  const describePart = (part: Part): PartDescription => ({
    samples: part.rows,
    patients: new Set(part.patients).size,
    perClass: classCells(part, dataset.classes.length).map(({ samples }) => samples),
  });
  return {
    features: dataset.features.length,
    classes: dataset.classes,
    counts: dataset.counts,
    parts: { train: describePart(train), validation: describePart(validation), test: describePart(test) },
    quarantine,
    missingValues: missingShare(train),
  };
}

function missingShare({ input }: Part): number {
  if ((input.kind !== 'rows' && input.kind !== 'sparse') || input.rows * input.width === 0) return 0;
  const missing = input.values.reduce((sum, value) => sum + (Number.isNaN(value) ? 1 : 0), 0);
  return missing / (input.rows * input.width);
}

/** Samples and patients of each class. */
export function classCells(
  part: Part,
  classes: number,
): readonly { readonly samples: number; readonly patients: ReadonlySet<number> }[] {
  const samples = new Array<number>(classes).fill(0);
  const patients = Array.from({ length: classes }, () => new Set<number>());
  for (let row = 0; row < part.rows; row++) {
    const label = part.y[row]!;
    samples[label]! += 1;
    patients[label]!.add(part.patients[row]!);
  }
  return samples.map((count, label) => ({ samples: count, patients: patients[label]! }));
}
