import { setTimeout as pause } from 'node:timers/promises';
import { runFile } from '@consilium/shared/contract';

const pollMs = 500;

/** The run file of a bench: so many rounds of a network of these widths, on tables that its sites invent. */
export const runOf = (name, rounds, options) =>
  runFile.parse({
    name,
    model: { family: 'attention-aml', preset: 'small', classes: ['x', 'y', 'z'], options },
    data: { kind: 'expression-table', label: 'label', files: { features: 'table.csv' } },
    training: { rounds, optimizer: { name: 'sgd', rate: 0.1 } },
    validation: { share: 0 },
  });

/** Waits until a run has trained its last round. */
export async function untilTrained(lead, path) {
  for (;;) {
    const { step, phase, error } = await lead.json('GET', path);
    if (step === 'test') return;
    if (phase === 'closed' || phase === 'paused') throw new Error(`the run is ${phase} at ${step}: ${error?.code}`);
    await pause(pollMs);
  }
}
