import { setTimeout as pause } from 'node:timers/promises';
import { runFile } from '@consilium/shared/contract';

const pollMs = 500;

/** The run file of a bench: so many rounds of a network of these widths, on tables that its sites invent. */
export const runOf = (name, rounds, options, more = {}) =>
  runFile.parse({
    name,
    model: { family: 'attention-aml', preset: 'small', classes: ['x', 'y', 'z'], options },
    data: { kind: 'expression-table', label: 'label', files: { features: 'table.csv' } },
    training: { rounds, optimizer: { name: 'sgd', rate: 0.1 } },
    validation: { share: 0 },
    ...more,
  });

/** Waits until a run has trained its last round. */
export async function untilTrained(lead, path, { limitMs = 600_000 } = {}) {
  for (const began = performance.now(); ; ) {
    // The list says it in a line; a view of a thousand sites each time would be measured with the round.
    const { runs } = await lead.json('GET', '/api/runs');
    const { step, phase } = runs.find(({ run }) => path.endsWith(run));
    if (step === 'test') return;
    if (performance.now() - began > limitMs) throw new Error(`the run is still at ${step}`);
    if (phase === 'closed' || phase === 'paused') {
      const { error } = await lead.json('GET', path);
      throw new Error(`the run is ${phase} at ${step}: ${error?.code}`);
    }
    await pause(pollMs);
  }
}

/** The records of a run's journal. */
export const journalOf = async (lead, path) =>
  Buffer.from(await lead.call('GET', `${path}/journal`))
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

/**
 * The rounds of training that a journal tells of, in their order, in milliseconds: from the opening of the step to the first and
 * the last contribution, the fold, and the opening of what comes after it.
 */
export function roundsOf(journal) {
  const rounds = [];
  let open = null;
  for (const { type, body, time } of journal) {
    const ms = Date.parse(time);
    if (type === 'step-opened') {
      if (open !== null) rounds.push({ ...open, totalMs: ms - open.openedMs });
      open = body.step.startsWith('train:') ? { step: body.step, openedMs: ms, firstMs: null, lastMs: null } : null;
    }
    if (open === null) continue;
    if (type === 'contribution-accepted') {
      open.firstMs ??= ms - open.openedMs;
      open.lastMs = ms - open.openedMs;
    }
    if (type === 'step-done') open.foldMs = ms - open.openedMs - open.lastMs;
  }
  return rounds;
}
