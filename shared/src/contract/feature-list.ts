import { fail } from '../errors/index.js';
import type { Contract } from './contract.js';
import { bagFeatures, imageFeatures } from './data/index.js';
import type { RunFile } from './run-file.js';
import { type Transform, transformFiles } from './transforms.js';

const maxFeatures = 1_000_000;
const maxNameCharacters = 256;

/** The declared transforms of a run's features; none where its data have no such. */
export const transformsOf = ({ data }: Pick<RunFile, 'data'>): readonly Transform[] =>
  'transforms' in data ? data.transforms : [];

/** Files beside the run file that belong to its contract. */
export function namedFiles(run: RunFile): readonly string[] {
  const bands = bandsFile(run);
  if (!('features' in run.data)) return bands === null ? [] : [bands];
  const { features } = run.data;
  const listed = typeof features === 'object' && 'file' in features ? [features.file] : [];
  return [...new Set([...listed, ...transformFiles(transformsOf(run))])];
}

/**
 * Reads a feature list: one name a line; empty lines and lines that begin with # do not count.
 * @throws CSM-RUNFILE-FEATURES
 */
export function parseFeatureList(text: string, fileName: string): readonly string[] {
  const names = new Set<string>();
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const name = raw.trim();
    if (name === '' || name.startsWith('#')) continue;
    const refuse = (problem: string): never =>
      fail('CSM-RUNFILE-FEATURES', { file: fileName, line: index + 1, problem });
    if (name.length > maxNameCharacters) refuse(`a name has more than ${maxNameCharacters} characters`);
    if (names.has(name)) refuse(`${name} is listed twice`);
    if (names.size === maxFeatures) refuse(`more than ${maxFeatures} names`);
    names.add(name);
  }
  if (names.size === 0) fail('CSM-RUNFILE-FEATURES', { file: fileName, line: 1, problem: 'it holds no name' });
  return [...names];
}

/** The features that a contract lists, in model order; null when it takes those that all sites have in common. */
export function featureList(terms: Pick<Contract, 'runFile' | 'files'>): readonly string[] | null {
  const { data } = terms.runFile;
  if (!('features' in data)) return fixedFeatures(terms, data);
  const { features } = data;
  if (features === 'common') return null;
  if (!('file' in features)) return features;
  const file = terms.files[features.file];
  return file ? parseFeatureList(file.text, features.file) : fail('CSM-RUNFILE-MISSING', { file: features.file });
}

/** The bands by which karyotypes are told, as the contract lists them; none where the run has no karyotypes. @throws CSM-RUNFILE-* */
export function karyotypeBands(terms: Pick<Contract, 'runFile' | 'files'>): readonly string[] {
  const name = bandsFile(terms.runFile);
  if (name === null) return [];
  const file = terms.files[name];
  return file ? parseFeatureList(file.text, name) : fail('CSM-RUNFILE-MISSING', { file: name });
}

const bandsFile = ({ data }: Pick<RunFile, 'data'>): string | null =>
  data.kind === 'feature-bags' ? (data.genetics?.karyotype?.bands.file ?? null) : null;

/** The features of a kind of data that leaves no choice. */
function fixedFeatures(
  terms: Pick<Contract, 'runFile' | 'files'>,
  data: Exclude<RunFile['data'], { readonly features: unknown }>,
): readonly string[] {
  switch (data.kind) {
    case 'images':
      return imageFeatures;
    case 'feature-bags':
      return bagFeatures(data, karyotypeBands(terms));
    default:
      return data satisfies never;
  }
}
