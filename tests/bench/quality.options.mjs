import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { notKnown, readOptions } from './measuring/options.mjs';

const repository = new URL('../../', import.meta.url);

/** The example run files, and how the pooled data set of each falls into hospitals. Values of the column are the sites' names. */
export const tasks = {
  'aml-subtypes': {
    data: 'beataml-expression',
    column: 'center',
    sites: ['center1', 'center2', 'center3', 'center4', 'center6', 'center7', 'center8'],
  },
  'aml-genetic-subtypes': {
    data: 'beataml-expression',
    column: 'center',
    sites: ['center1', 'center2', 'center3', 'center4', 'center6', 'center7', 'center8'],
  },
  'acute-leukemia': {
    data: 'acute-leukemia-labs',
    column: 'site',
    sites: ['clermont', 'grenoble', 'lyon', 'nantes'],
  },
  'leukemia-1999': { data: 'golub-all-aml', column: 'site', sites: ['north', 'south'] },
};

/** Those of the first tables of docs/results.md; further ones are asked for by name. */
const usual = ['aml-subtypes', 'aml-genetic-subtypes', 'acute-leukemia'];

export const settings = ['federated', 'central', 'local'];

const usage = `npm run bench -- quality -- [options]
  --task NAME        one of ${Object.keys(tasks).join(', ')}; again for more (default: ${usual.join(', ')})
  --seeds 7,8,9      seeds of the run file, one run each
  --test             judge on test patients (default: on validation patients)
  --only SETTING     one of ${settings.join(', ')}; again for more (default: all)
  --set PATH=VALUE   a setting of the run file, such as training.rounds=40; again for more
  --rounds           also the validation figures of every fifth round, as means over the seeds
Data sets are looked for in $CONSILIUM_DATA, or in ../shared/data beside the repository.`;

/** What was asked for. */
export const optionsOf = (words) =>
  readOptions(words, {
    usage,
    options: {
      task: { type: 'string', multiple: true, default: usual },
      seeds: { type: 'string', default: '7,8,9' },
      test: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: settings },
      set: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'boolean', default: false },
    },
    read(values) {
      const seeds = values.seeds.split(',').map(Number);
      const stray =
        values.task.find((name) => !Object.hasOwn(tasks, name)) ??
        values.only.find((name) => !settings.includes(name)) ??
        values.set.find((text) => !text.includes('=')) ??
        (seeds.every(Number.isInteger) ? undefined : values.seeds);
      if (stray !== undefined) throw notKnown(stray);
      return { ...values, seeds, changes: values.set.map(changeOf) };
    },
  });

/** `a.b=1` as a path and a value: JSON where it is that, else text. */
function changeOf(text) {
  const [, path, value] = /^([^=]*)=(.*)$/.exec(text);
  try {
    return { path: path.split('.'), value: JSON.parse(value) };
  } catch {
    return { path: path.split('.'), value };
  }
}

export const runFilePath = (name) => fileURLToPath(new URL(`deploy/examples/${name}.yaml`, repository));

/** Folder of a data set. @throws Error that names where it was looked for */
export function dataFolder(name) {
  const folder = join(process.env.CONSILIUM_DATA ?? fileURLToPath(new URL('../shared/data', repository)), name);
  if (existsSync(folder)) return folder;
  throw new Error(`There is no folder ${folder}. Set CONSILIUM_DATA to the folder that holds ${name}.`);
}
