import type { BackendInfo } from '@consilium/models/backend';
import { stream } from '@consilium/models/layers';
import { type Model, predict } from '@consilium/models/training';
import { type Contract, contractHash } from '@consilium/shared/contract';
import type { BlobHash, SiteId, StepId } from '@consilium/shared/ids';
import {
  countsOf,
  type EvaluationCounts,
  intervalsOf,
  type Measures,
  measure,
  type Predictions,
  type ReleasedMeasures,
  suppress,
  tallyPatients,
} from '@consilium/shared/metrics';
import { releaseDataCounts, reportDomain, type SiteReport } from '@consilium/shared/report';
import { version } from '../config/index.js';
import type { Dataset, Part } from '../data/index.js';

export interface Evaluated {
  /** Everything, for local eyes only. */
  readonly measures: Measures;
  /** Both are null where fewer than minimumCell patients stand behind them. */
  readonly counts: EvaluationCounts | null;
  readonly report: SiteReport | null;
}

/** A model to judge on prepared samples, and what its report says of where it comes from. */
export interface EvaluateOptions {
  readonly model: Model;
  readonly part: Part;
  /** The site's training samples, for a model that reads samples beside others; null where there are none. */
  readonly training: Part | null;
  readonly partName: SiteReport['part'];
  readonly contract: Contract;
  readonly site: SiteId;
  readonly step: StepId;
  readonly modelHash: BlobHash;
  readonly counts: Dataset['counts'];
  /** Of the model. */
  readonly features: number;
  readonly backend: BackendInfo;
  readonly synthetic: boolean;
  readonly batchSize: number;
  readonly now: Date;
  readonly notes?: readonly string[];
}

/**
 * Judges a model on patients of this site and withholds what must not leave it. Bootstrap intervals are drawn for the
 * final test alone, from a seed that follows from contract, site and step.
 * @throws CSM-METRICS-INPUT when the model's output is no distribution
 */
export async function evaluateModel(options: EvaluateOptions): Promise<Evaluated> {
  const { model, part, contract, site, step, partName, batchSize } = options;
  const { model: wanted, validation, seed } = contract.runFile;
  const probabilities = await predict({ model, samples: part, reference: options.training, batchSize });
  const predictions: Predictions = { y: part.y, probabilities, classes: wanted.classes.length };
  const measures = measure(predictions, wanted.classes);
  const patients = tallyPatients(predictions, part.patients);
  if (part.rows === 0 || patients.n < validation.minimumCell) return { measures, counts: null, report: null };
  const draws = partName === 'test' ? validation.bootstrap : 0;
  const intervals = intervalsOf(predictions, draws, stream(seed, 'bootstrap', site, step).uniform);
  const released = suppress(measures, validation.minimumCell, { intervals, patients });
  return { measures, counts: countsOf(predictions), report: released && reportOf(options, released) };
}

function reportOf(options: EvaluateOptions, measures: ReleasedMeasures): SiteReport {
  const { contract, site, step, partName, modelHash, counts, features, backend, notes = [] } = options;
  const { minimumCell } = contract.runFile.validation;
  const { read, kept, otherLabel, quarantined, missingFeatures } = counts;
  return {
    format: reportDomain,
    consortium: contract.consortium,
    run: contract.run,
    runName: contract.runFile.name,
    site,
    step,
    part: partName,
    contract: contractHash(contract),
    model: modelHash,
    minimumCell,
    measures,
    data: releaseDataCounts({ read, kept, otherLabel, quarantined, features, missingFeatures }, minimumCell),
    backend: `${backend.name} ${backend.version} (${backend.device})`.slice(0, 128),
    software: { consilium: version, node: process.version },
    notes: backend.note === undefined ? [...notes] : [...notes, `${backend.note}.`.slice(0, 500)],
    generatedAt: options.now.toISOString(),
    synthetic: options.synthetic,
  };
}
