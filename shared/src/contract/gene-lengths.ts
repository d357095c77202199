import { fail } from '../errors/index.js';
import type { Contract } from './contract.js';

/** Effective length of each gene, in bases, by its name. */
export type GeneLengths = ReadonlyMap<string, number>;

/**
 * Reads gene lengths: a name and a number a line, with a comma, tab or semicolon between; empty lines and lines that begin with # do not count.
 * @throws CSM-RUNFILE-LENGTHS
 */
export function parseGeneLengths(text: string, fileName: string): GeneLengths {
  const lengths = new Map<string, number>();
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const refuse = (problem: string): never =>
      fail('CSM-RUNFILE-LENGTHS', { file: fileName, line: index + 1, problem });
    const [name = '', length = '', ...rest] = line.split(/[,;\t]/).map((field) => field.trim());
    if (name === '' || rest.length > 0) refuse('it is not a name and a number');
    if (!/^\d+(?:\.\d+)?$/.test(length) || Number(length) === 0) refuse('the length is no number above 0');
    if (lengths.has(name)) refuse('the gene stands twice');
    lengths.set(name, Number(length));
  }
  if (lengths.size === 0) fail('CSM-RUNFILE-LENGTHS', { file: fileName, line: 1, problem: 'it holds no gene' });
  return lengths;
}

/** The gene lengths of a file that the contract holds. @throws CSM-RUNFILE-MISSING, CSM-RUNFILE-LENGTHS */
export function geneLengths({ files }: Pick<Contract, 'files'>, fileName: string): GeneLengths {
  const file = files[fileName];
  return file ? parseGeneLengths(file.text, fileName) : fail('CSM-RUNFILE-MISSING', { file: fileName });
}
