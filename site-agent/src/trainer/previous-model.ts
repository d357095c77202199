import { pick } from '@consilium/models/samples';
import { predict } from '@consilium/models/training';
import { type Contract, previousFault, stagesOf } from '@consilium/shared/contract';
import { fail } from '@consilium/shared/errors';
import { readPrevious } from '@consilium/shared/exported';
import { previousModel } from '@consilium/shared/report';
import { readPreparation } from '@consilium/shared/statistics';
import type { SiteSettings } from '../config/index.js';
import { samplesOfStage } from '../data/index.js';
import type { Rival } from '../evaluation/index.js';
import { loadCohort } from '../exported/index.js';
import { openExported } from '../model/index.js';
import { applyPreparation } from '../preparation/index.js';

export interface AskedPrevious {
  /** As the lead signed it. */
  readonly file: Uint8Array;
  /** Of the run whose test it is. */
  readonly contract: Contract;
  readonly data: SiteSettings['data'];
  /** The hospital's own names of the judged samples, in their order. */
  readonly ids: readonly string[];
  readonly signal: AbortSignal;
}

export interface AnsweredPrevious {
  readonly rival: Rival;
  /** What a reader must know besides. */
  readonly note?: string;
}

/** Said of a model whose normalisations each hospital keeps for itself, and this run's folder has not. */
const calibration =
  'Normalisations of its own that the earlier model has were fitted to the test samples, without labels.';

/**
 * What the result of an earlier run says of the judged samples. They are read and prepared as that run did. All of them must be test
 * samples of that run, too: what it was trained or chosen on would flatter it.
 * @throws CSM-RUNFILE-PREVIOUS, CSM-DATA-*, CSM-MODEL-*, CSM-EVALUATE-CALIBRATION; the signal's reason
 */
export async function askPrevious({ file, contract, data, ids, signal }: AskedPrevious): Promise<AnsweredPrevious> {
  const refuse = (problem: string): never => fail('CSM-RUNFILE-PREVIOUS', { file: 'of an earlier run', problem });
  const { preparation: state, ...before } = readPrevious(file);
  const fault = previousFault(contract.runFile, before.contract.runFile);
  if (fault !== null) return refuse(fault);
  const preparation = readPreparation(state);
  const files = data.files ?? contract.runFile.data.files;
  const exported = { ...before, preparation };
  const dataset = await loadCohort(exported, { ...data, files }, { whole: false, signal });
  const { runFile } = before.contract;
  const { parts } = applyPreparation(dataset, preparation, runFile);
  const places = new Map(dataset.ids.test.map((id, row) => [id, row]));
  const rows = ids.map(
    (id) => places.get(id) ?? refuse('not all test samples of this site were test samples of its run'),
  );
  const samples = pick(parts.test, Int32Array.from(rows));
  const { model, batchSize, calibrated } = await openExported(exported, samples);
  try {
    const reference = samplesOfStage(parts.train, runFile, stagesOf(runFile).at(-1)!);
    signal.throwIfAborted();
    const probabilities = await predict({ model, samples, reference, batchSize });
    return { rival: { name: previousModel, probabilities }, ...(calibrated && { note: calibration }) };
  } finally {
    model.dispose();
  }
}
