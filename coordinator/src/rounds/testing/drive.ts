import { type Contract, contract, contractHash, idOf, runFile } from '@consilium/shared/contract';
import { coded, toWire } from '@consilium/shared/errors';
import type { BlobHash, SiteId } from '@consilium/shared/ids';
import type { SignedManifest } from '@consilium/shared/wire';
import { apply } from '../apply.js';
import { decide, type RunInput } from '../decide.js';
import type { PooledMetrics, RunRecord, StepOutput } from '../records.js';
import { currentStep, newRun, type RunState } from '../state.js';

/** The sites of every run here, in canonical order. */
export const sites = ['hospital-a', 'hospital-b', 'hospital-c'] as unknown as readonly SiteId[];
export const [a, b, c] = sites as [SiteId, SiteId, SiteId];
export const hash = (text: string) => Buffer.from(text.padEnd(32, '.')).toString('hex').slice(0, 64) as BlobHash;
export const fault = toWire(coded('CSM-INTERNAL', { kind: 'test' }));

interface Changes {
  readonly participation?: object;
  readonly validation?: object;
  readonly rounds?: number;
  readonly training?: object;
  readonly stages?: readonly object[];
  /** Groups of the run's samples, by column `lineage`. */
  readonly groups?: readonly string[];
  readonly preparation?: object;
  readonly retention?: object;
}

function terms(changes: Changes = {}): Contract {
  return contract.parse({
    format: 'consilium-contract-1',
    consortium: '0'.repeat(32),
    run: '1'.repeat(32),
    notAfter: '2030-01-01T00:00:00Z',
    files: {},
    runFile: runFile.parse({
      name: 'engine-test',
      model: { family: 'attention-aml', classes: ['x', 'y'] },
      data: {
        ...{ kind: 'expression-table', label: 'y', files: { features: 'x.csv' } },
        ...(changes.groups && { group: 'lineage', groups: changes.groups }),
      },
      training: { rounds: changes.rounds ?? 2, optimizer: { name: 'sgd', rate: 0.1 }, ...changes.training },
      ...(changes.stages && { stages: changes.stages }),
      ...(changes.preparation && { preparation: changes.preparation }),
      ...(changes.retention && { retention: changes.retention }),
      participation: changes.participation ?? {},
      validation: changes.validation ?? {},
    }),
  });
}

const sampleCounts: Readonly<Record<string, number>> = { 'hospital-a': 10, 'hospital-b': 30, 'hospital-c': 60 };

export function manifestOf(state: RunState, site: SiteId, text = 'update'): SignedManifest {
  return {
    manifest: {
      consortium: state.contract.consortium,
      run: state.contract.run,
      contract: state.contractHash!,
      step: idOf(currentStep(state)!),
      site,
      base: state.model,
      kind: 'update',
      codec: 'f32',
      samples: sampleCounts[site] ?? 1,
      hash: hash(`${text}-${site}-${state.index}`),
      bytes: 8,
    },
    signature: 's'.repeat(86) as SignedManifest['signature'],
  };
}

const figures = (loss: number): PooledMetrics => ({
  n: 10,
  loss,
  accuracy: 1 - loss,
  balancedAccuracy: null,
  macroF1: null,
  weightedF1: null,
  mcc: null,
  auc: null,
  ece: null,
  brier: null,
});

/** A run driven by hand: keeps every record, so that replay can be compared. */
export function drive(changes: Parameters<typeof terms>[0] = {}, stepwise = false) {
  const initial = newRun(terms(changes));
  const records: RunRecord[] = [];
  let state = initial;
  const send = (input: RunInput): readonly RunRecord[] => {
    const made = decide(state, input);
    state = made.reduce(apply, state);
    records.push(...made);
    return made;
  };
  const contribute = (site: SiteId, text?: string) =>
    send({ kind: 'contribution', site, contribution: manifestOf(state, site, text), error: null });
  const fold = (output: StepOutput = {}) => send({ kind: 'folded', step: idOf(currentStep(state)!), output });
  const outputOf = (loss = 0.5): StepOutput => {
    switch (currentStep(state)!.kind) {
      case 'prepare':
        return { preparation: hash(`preparation-${state.index}`) };
      case 'initial':
      case 'train':
        return { model: hash(`model-${state.index}`) };
      default:
        return { metrics: figures(loss) };
    }
  };
  /** One whole step by the given sites. */
  const step = (by: readonly SiteId[] = sites, loss?: number) => {
    if (currentStep(state)!.kind !== 'initial') for (const site of by) contribute(site);
    fold(outputOf(loss));
  };
  send({ kind: 'launch', contractHash: contractHash(initial.contract), contractBlob: hash('blob'), sites, stepwise });
  return { send, contribute, fold, step, outputOf, records, initial, state: () => state };
}

/** Goes on by whole steps until one is open. */
export const until = (run: ReturnType<typeof drive>, step: string, by = sites) => {
  while (idOf(currentStep(run.state())!) !== step) run.step(by);
};
