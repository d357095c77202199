import { join } from 'node:path';
import { type Bags, type Side, startsOf } from '@consilium/models/samples';
import { type FeatureBags, featureList } from '@consilium/shared/contract';
import { assembleDataset, type FoundSample } from '../assemble.js';
import type { Dataset } from '../dataset.js';
import { refuseMostlyFaulty } from '../mostly-faulty.js';
import { emptyRoll, refuseNobody, rollCall } from '../roll-call.js';
import { rowTerms } from '../row-terms.js';
import { openFolder } from '../site-folder.js';
import type { DataSource } from '../source.js';
import { columnIndex, openTable } from '../table.js';
import { featureFiles, tableRole } from '../tables.js';
import { type BagSource, bagsByFile, bagsOfOneFile } from './bag-source.js';
import { type FieldFault, type Modality, modalitiesOf, untestedGenes } from './genetics.js';

interface FoundBag extends FoundSample {
  /** [vectors, width], row-major. */
  readonly values: Float32Array;
  /** In the order of the modalities. */
  readonly findings: readonly Float32Array[];
}

/**
 * Reads a cohort of feature bags: a table of patients, a bag of vectors for each (a file of its own, or an entry of one file), and
 * genetic findings where the run asks for them. What cannot be used is set aside and counted. Memory: twice the numbers of all bags.
 * @throws CSM-DATA-*, CSM-COHORT-SMALL
 */
export async function loadFeatureBags(source: DataSource, data: FeatureBags): Promise<Dataset> {
  const { contract, directory, signal } = source;
  const files = source.files ?? data.files;
  const file = tableRole(files, 'samples');
  const terms = rowTerms(source);
  const table = await openTable(join(directory, file), signal);
  const pathAt = data.file === undefined ? -1 : columnIndex(table, data.file);
  const modalities = modalitiesOf(table, contract, data);
  const untested = untestedGenes(table, data);
  const bags =
    data.file === undefined
      ? await bagsOfOneFile(join(directory, featureFiles(files)[0] ?? ''), data, signal)
      : bagsByFile(await openFolder(directory), data, signal);
  const roll = emptyRoll();
  const found: FoundBag[] = [];
  try {
    for await (const { sample, fields } of rollCall(table, { ...terms, samples: null }, roll)) {
      const path = fields[pathAt]?.trim() ?? '';
      const bag = await readPatient({ sample, path, fields }, bags, modalities);
      if ('reason' in bag) roll.quarantine.push({ file, line: sample.line, ...bag });
      else found.push({ ...sample, ...bag });
    }
  } finally {
    await bags.close();
  }
  // First of all whether most are faulty: where all are, that is what is to be told.
  refuseMostlyFaulty(file, roll.quarantine, roll.read);
  refuseNobody(found.length, roll, { file, columns: terms.columns });
  const dataset = await assembleDataset({
    source,
    file,
    samples: found,
    features: featureList(contract) ?? [],
    counts: { read: roll.read, otherLabel: roll.otherLabel, missingFeatures: 0 },
    quarantine: roll.quarantine,
    build: (own) => ({ input: bagsOf(own, data.width), sides: sidesOf(own, modalities) }),
  });
  if (untested.length === 0) return dataset;
  const note = `Without a column here, and so untested in everybody: ${untested.join(', ')}.`;
  return { ...dataset, notes: [...(dataset.notes ?? []), note] };
}

interface PatientRow {
  readonly sample: FoundSample;
  readonly path: string;
  readonly fields: readonly string[];
}

/** What is known of a patient, or what is wrong first: with the findings, then with the bag. */
async function readPatient(
  { sample, path, fields }: PatientRow,
  bags: BagSource,
  modalities: readonly Modality[],
): Promise<Pick<FoundBag, 'values' | 'findings'> | FieldFault | Pick<FieldFault, 'reason'>> {
  const findings: Float32Array[] = [];
  for (const { read } of modalities) {
    const known = read(fields);
    if ('reason' in known) return known;
    findings.push(known);
  }
  const bag = await bags.read({ id: sample.id, path });
  return typeof bag === 'string' ? { reason: bag } : { values: bag, findings };
}

function bagsOf(own: readonly FoundBag[], width: number): Bags {
  const starts = startsOf(own.map(({ values }) => values.length / width));
  const values = new Float32Array(starts[own.length]! * width);
  own.forEach((bag, row) => {
    values.set(bag.values, starts[row]! * width);
  });
  return { kind: 'bags', rows: own.length, width, starts, values };
}

const sidesOf = (own: readonly FoundBag[], modalities: readonly Modality[]): Readonly<Record<string, Side>> =>
  Object.fromEntries(
    modalities.map(({ name, width }, index) => {
      const values = new Float32Array(own.length * width);
      own.forEach(({ findings }, row) => {
        values.set(findings[index]!, row * width);
      });
      return [name, { width, values }];
    }),
  );
