import { asCoded } from '@consilium/shared/errors';
import { z } from 'zod';

const states = ['ok', 'warning', 'fault'] as const;

/** What one examination found. A warning or a fault has the code and the remedy of the error table. */
export const finding = z.strictObject({
  what: z.enum(['Node', 'Machine', 'Disk', 'Settings', 'Backend', 'Speed', 'GPU', 'Network', 'Clock', 'Key', 'Data']),
  state: z.enum(states),
  text: z.string(),
  code: z.string().optional(),
  remedy: z.string().optional(),
  /** Lines that follow as they are: a table, what a library said. */
  lines: z.array(z.string()).readonly().optional(),
  /** The same for scripts; sizes in bytes, times in milliseconds, unless the name says otherwise. */
  facts: z.record(z.string(), z.json().or(z.undefined())).optional(),
});
export type Finding = Readonly<z.infer<typeof finding>>;
export type Subject = Finding['what'];
export type FindingState = Finding['state'];

/** All findings in one record, as `consilium-site doctor --json` prints it. */
export const examination = z.strictObject({
  format: z.literal('consilium-doctor-1'),
  /** Of this program. */
  version: z.string(),
  time: z.iso.datetime(),
  /** The worst of the findings. */
  state: z.enum(states),
  findings: z.array(finding).readonly(),
});
export type Examination = Readonly<z.infer<typeof examination>>;

type More = Pick<Finding, 'lines' | 'facts'>;

export const fine = (what: Subject, text: string, more: More = {}): Finding => ({ what, state: 'ok', text, ...more });

/** Something that a run may survive, in the words of the table. */
export const warning = (what: Subject, thrown: unknown, more: More = {}): Finding =>
  told('warning', what, thrown, more);

/** Something that a run will not survive, in the words of the table. */
export const fault = (what: Subject, thrown: unknown, more: More = {}): Finding => told('fault', what, thrown, more);

function told(state: FindingState, what: Subject, thrown: unknown, more: More): Finding {
  const { code, message, remedy } = asCoded(thrown);
  return { what, state, text: message, code, remedy, ...more };
}

export const worstOf = (findings: readonly Finding[]): FindingState =>
  states.findLast((state) => findings.some((found) => found.state === state)) ?? 'ok';
