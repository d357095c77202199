import { join, resolve } from 'node:path';
import { fail } from '@consilium/shared/errors';
import { didYouMean } from '@consilium/shared/yaml';
import type { Command } from 'commander';
import { readColumn, tablesOf } from '../data/index.js';
import type { CommandContext } from './context.js';
import { readRun } from './run-contract.js';

interface GroupsOptions {
  readonly data: string;
  readonly by: string;
}

export function addGroups(program: Command, context: CommandContext): void {
  program
    .command('groups')
    .argument('<run.yaml>', 'the run file that names the tables')
    .description('list the values of a column as a JSON array: the sites that one pooled data set would split into')
    .requiredOption('--data <dir>', 'folder of the tables')
    .requiredOption('--by <column>', 'column of the sample table or of the feature tables')
    .action((path: string, options: GroupsOptions) => groups(path, options, context));
}

async function groups(path: string, { data, by }: GroupsOptions, context: CommandContext): Promise<void> {
  const { data: terms } = await readRun(path);
  const { samples } = terms.files;
  const candidates = tablesOf(terms, terms.files);
  const values = new Set<string>();
  const columns = new Set<string>();
  for (const file of candidates) {
    const read = await readColumn(join(resolve(data), file), by, context.signal);
    for (const column of read.columns) columns.add(column);
    for (const value of read.values ?? []) if (value !== '') values.add(value);
    // The sample table goes before the feature tables, as it does when rows are joined.
    if (read.values !== null && file === samples) break;
  }
  if (values.size === 0) {
    fail('CSM-DATA-COLUMN', { file: candidates[0] ?? '', column: by, near: didYouMean(by, [...columns]) });
  }
  context.print(JSON.stringify([...values].sort()));
}
