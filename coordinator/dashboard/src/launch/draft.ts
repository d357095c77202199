import { namedFiles, type RunFile, readRunFile } from '@consilium/shared/contract';
import type { CodedError } from '@consilium/shared/errors';
import { faultOf } from '../call.js';

/** A run file as far as it is written. */
export interface Draft {
  /** Null while it cannot be read. */
  readonly runFile: RunFile | null;
  /** Why not; null for an empty text. */
  readonly fault: CodedError | null;
  /** Files that it names. */
  readonly named: readonly string[];
}

export function draftOf(text: string, name: string): Draft {
  if (text.trim() === '') return { runFile: null, fault: null, named: [] };
  try {
    const runFile = readRunFile(text, name);
    return { runFile, fault: null, named: namedFiles(runFile) };
  } catch (thrown) {
    return { runFile: null, fault: faultOf(thrown), named: [] };
  }
}

/** The file that is the run file among those chosen: the only one in YAML, by its name. */
export const runFileAmong = <Named extends { readonly name: string }>(files: readonly Named[]): Named | undefined =>
  files.find(({ name }) => /\.ya?ml$/i.test(name));
