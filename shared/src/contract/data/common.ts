import { z } from 'zod';
import { fileName } from '../file-name.js';
import { transform, transformedColumns } from '../transforms.js';

export const column = z.string().min(1).max(256);

/** Groups that a run may tell apart. */
const maxGroups = 32;
const group = z.string().regex(/^[^\p{Cc}]{1,64}$/u, 'at most 64 characters in one line');
/** Values of the column that says of which group a sample is. */
export const groupNames = z
  .array(group)
  .min(1)
  .refine((names) => new Set(names).size === names.length, 'each group once');

const featureNames = z
  .array(column)
  .min(1)
  .refine((names) => new Set(names).size === names.length, 'each feature once');

/** Who a sample is, whatever kind of data it is. */
export const sampleTerms = {
  /** Column that names a sample; joins the tables of a site. */
  id: column.default('sample'),
  /** Column that names a patient, when one patient has several samples; the sample itself otherwise. */
  patient: column.optional(),
  label: column,
  /** Column that says of which group a sample is, such as its lineage, and the groups that the run looks at: both or neither. */
  group: column.exactOptional(),
  groups: groupNames.max(maxGroups).exactOptional(),
  /** Share of patients held out for the final test where a site has no split file. */
  testShare: z.number().min(0).max(0.9).default(0.2),
};

/** What the columns of a table of features are. */
export const featureTerms = {
  /** `common`: the numeric columns that every site has; a list; or a text file beside the run file, one name a line. */
  features: z.union([z.literal('common'), featureNames, z.strictObject({ file: fileName })]).default('common'),
  /** Share of listed features that a site may lack before it is refused. */
  missingFeatures: z.number().min(0).max(1).default(0.1),
  transforms: z.array(transform).default([]),
};

export const featureFiles = z.union([fileName, z.array(fileName).min(1)]);

/** Files of a kind of data that lies in tables of features. */
export const featureTableFiles = z.strictObject({
  features: featureFiles,
  samples: fileName.optional(),
  split: fileName.optional(),
});

/** The roles that files play in a site's folder. Which of them a kind of data needs, its own schema says. */
export const siteFiles = z.strictObject({
  features: featureFiles.optional(),
  genes: fileName.optional(),
  cells: fileName.optional(),
  samples: fileName.optional(),
  split: fileName.optional(),
});
export type SiteFiles = z.output<typeof siteFiles>;

interface SampleTerms {
  readonly id: string;
  readonly patient?: string | undefined;
  readonly label: string;
  readonly group?: string;
  readonly groups?: readonly string[];
}

interface TableTerms extends SampleTerms {
  readonly features: z.output<typeof featureTerms.features>;
  readonly transforms: z.output<typeof featureTerms.transforms>;
}

/** Refuses samples whose class or group would be something else of them, and groups of which no column tells. */
export function checkSampleColumns({ id, label, patient, group, groups }: SampleTerms, context: z.RefinementCtx): void {
  const refuse = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message });
  if (label === id) refuse('label', 'must be another column than id');
  for (const [name, column] of Object.entries({ id, patient, label })) {
    if (column === group && column !== undefined) refuse('group', `must be another column than ${name}`);
  }
  if (group === undefined && groups !== undefined) refuse('groups', 'needs data.group, the column that tells them');
  if (group !== undefined && groups === undefined) refuse('group', 'needs data.groups, those that the run looks at');
}

/** Refuses a table whose columns cannot all be what they are said to be. */
export function checkColumns(terms: TableTerms, context: z.RefinementCtx): void {
  const refuse = (path: readonly (string | number)[], message: string): void =>
    context.addIssue({ code: 'custom', path: [...path], message });
  checkSampleColumns(terms, context);
  if (!Array.isArray(terms.features)) return;
  const listed = new Set(terms.features);
  for (const key of ['id', 'patient', 'label', 'group'] as const) {
    const name = terms[key];
    if (name !== undefined && listed.has(name)) refuse(['features'], `must not list ${name}, the ${key} column`);
  }
  for (const [index, step] of terms.transforms.entries()) {
    const stray = transformedColumns([step]).find((name) => !listed.has(name));
    if (stray !== undefined) refuse(['transforms', index], `names ${stray}, which is not among data.features`);
  }
}
