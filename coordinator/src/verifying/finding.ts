import { asCoded, type CodedError, coded } from '@consilium/shared/errors';

/** Bytes of a file, `end` not included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Something that does not hold, and where. */
export interface Finding {
  readonly file: string;
  /** Of a journal: the record, counted from 0. */
  readonly record: number | null;
  /** Of a file: where it is not as it was. */
  readonly ranges: readonly ByteRange[];
  /** Of a weights file: the tensors that lie there. */
  readonly tensors: readonly string[];
  readonly error: CodedError;
}

export const finding = (file: string, error: unknown, where: Partial<Finding> = {}): Finding => ({
  ...{ file, record: null, ranges: [], tensors: [], error: asCoded(error) },
  ...where,
});

export const journalFile = 'journal.jsonl';

/** A record that does not hold. */
export const badRecord = (sequence: number, problem: string): Finding =>
  finding(journalFile, coded('CSM-VERIFY-RECORD', { sequence, problem }), { record: sequence });
