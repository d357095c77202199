import type { Contract } from '@consilium/shared/contract';
import { fail } from '@consilium/shared/errors';
import { table } from '@consilium/shared/terminal';
import type { SiteSettings } from '../config/index.js';
import { type Dataset, type DatasetDescription, describe, loadDataset, partNames } from '../data/index.js';
import { type Finding, fault, fine } from './finding.js';

const shownRows = 20;

/** This site's tables held against a run file: exact counts, for the hospital's own eyes. */
export async function examineCohort(
  data: SiteSettings['data'] | null,
  contract: () => Promise<Contract>,
  signal: AbortSignal,
): Promise<Finding> {
  try {
    const { directory, files, rows } = data ?? fail('CSM-CLISITE-NO-DATA');
    const terms = await contract();
    return tell(
      await loadDataset({ directory, contract: terms, signal, ...(files && { files }), ...(rows && { rows }) }),
    );
  } catch (thrown) {
    signal.throwIfAborted();
    return fault('Data', thrown);
  }
}

function tell(dataset: Dataset): Finding {
  const { quarantine } = dataset;
  const cohort = describe(dataset);
  const { counts, features, parts, classes, missingValues } = cohort;
  const text =
    `${counts.read} rows read, ${counts.kept} used, ${counts.otherLabel} of another class or group, ` +
    `${counts.quarantined} set aside; ${inputText(dataset, cohort)}`;
  const setAside = quarantine
    .slice(0, shownRows)
    .map(
      ({ file, line, reason, column }) =>
        `set aside: ${file}, line ${line}: ${reason}${column === undefined ? '' : ` in column ${column}`}`,
    );
  if (quarantine.length > shownRows) setAside.push(`set aside: … and ${quarantine.length - shownRows} more`);
  const lines = [
    ...countsTable(cohort).split('\n'),
    ...setAside,
    ...(dataset.notes ?? []),
    'These counts are exact and for this hospital alone; small ones never leave it.',
  ];
  const facts = {
    ...counts,
    features,
    missingValues,
    parts: Object.fromEntries(
      partNames.map((name) => {
        const { samples, patients, perClass } = parts[name];
        return [name, { samples, patients, classes: Object.fromEntries(classes.map((c, i) => [c, perClass[i] ?? 0])) }];
      }),
    ),
  };
  return fine('Data', text, { lines, facts });
}

/** What the samples are made of. */
function inputText({ parts }: Dataset, { features, counts, missingValues }: DatasetDescription): string {
  const { input } = parts.train;
  if (input.kind === 'images') return `images, brought to ${input.side} × ${input.side} pixels`;
  if (input.kind === 'bags') return `${input.starts[input.rows] ?? 0} vectors of ${input.width} numbers in training`;
  return (
    `${features} features, ${counts.missingFeatures} of them missing here, ` +
    `${(100 * missingValues).toFixed(1)} % of values missing`
  );
}

function countsTable({ parts, classes }: DatasetDescription): string {
  const sizes = (count: (part: DatasetDescription['parts']['train']) => number) =>
    partNames.map((name) => count(parts[name]));
  return table(
    ['', ...partNames],
    [
      ['patients', ...sizes(({ patients }) => patients)],
      ['samples', ...sizes(({ samples }) => samples)],
      ...classes.map((name, index) => [`  ${name}`, ...sizes(({ perClass }) => perClass[index] ?? 0)]),
    ],
  );
}
