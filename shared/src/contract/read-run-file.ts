import { fail } from '../errors/index.js';
import { readYaml } from '../yaml/index.js';
import { type RunFile, runFile } from './run-file.js';

/**
 * Reads a run file: YAML text, checked against the schema, defaults filled in.
 * Of several faults the first by line is named and the others are counted.
 *
 * @param text the file's text
 * @param fileName how errors call the file
 * @throws CSM-RUNFILE-INVALID with line, path and problem
 */
export const readRunFile = (text: string, fileName = 'The run file'): RunFile =>
  readYaml(text, runFile, (line, path, problem) =>
    fail('CSM-RUNFILE-INVALID', { file: fileName, line, path, problem }),
  );
