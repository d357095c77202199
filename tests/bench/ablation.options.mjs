import { tables } from './ablation.tables.mjs';
import { notKnown, readOptions } from './measuring/options.mjs';

const families = Object.keys(tables);
const known = families.map((family) => `${family} (${Object.keys(tables[family]).join(', ')})`).join(', ');

const usage = `npm run bench -- ablation -- --family FAMILY [options]
  --family FAMILY  and its tables: ${known}
  --table NAME     one of the family's tables; again for more (default: all)
  --row WORDS      rows alone whose names have these words; again for more (default: all)
  --seeds 7,8,9    seeds of the run file, one run each
  --rounds NUMBER  rounds of each stage (default: as in the table's run file)
  --test           judge on test samples (default: on validation samples)
  --backend NAME   native or wasm (default: wasm)
Data sets are looked for in $CONSILIUM_DATA, or in ../shared/data beside the repository.`;

/** What was asked for, with the rows of each table. */
export const optionsOf = (words) =>
  readOptions(words, {
    usage,
    options: {
      family: { type: 'string' },
      table: { type: 'string', multiple: true },
      row: { type: 'string', multiple: true, default: [] },
      seeds: { type: 'string', default: '7,8,9' },
      rounds: { type: 'string' },
      test: { type: 'boolean', default: false },
      backend: { type: 'string', default: 'wasm' },
    },
    read({ family = '', table, row, seeds, rounds, test, backend }) {
      if (!Object.hasOwn(tables, family)) throw notKnown(family);
      const names = table ?? Object.keys(tables[family]);
      const numbers = { seeds: seeds.split(',').map(Number), rounds: rounds === undefined ? null : Number(rounds) };
      const stray =
        names.find((name) => !Object.hasOwn(tables[family], name)) ??
        (['native', 'wasm'].includes(backend) ? undefined : backend) ??
        (numbers.seeds.every(Number.isInteger) ? undefined : seeds) ??
        (numbers.rounds === null || numbers.rounds >= 1 ? undefined : rounds);
      if (stray !== undefined) throw notKnown(stray);
      const asked = names.map((name) => ({ name, ...tables[family][name], rows: rowsOf(tables[family][name], row) }));
      if (asked.every(({ rows }) => rows.length === 0)) throw notKnown(row.join(', '));
      return { tables: asked, test, backend, ...numbers };
    },
  });

const rowsOf = ({ rows }, wanted) =>
  rows
    .map(({ name, changes }) => ({ name: name.join(', '), changes }))
    .filter(({ name }) => wanted.length === 0 || wanted.some((words) => name.includes(words)));
