// `npm run bench -- aggregation transfer …`: runs the named benches and prints what they measured.
// A bench is a file of this folder named `<name>.mjs` that exports `bench(options): Promise<Figure[]>`;
// files with a second dot in their name are parts of one. What stands behind `--` is handed to each.
//
// Figure: { what, value, ratio?, to?, goal? }: what was measured, its absolute value as text, its ratio to something
// measured in the same run (absolute figures move with the machine, ratios do not), and the goal for that ratio:
// { atLeast } or { atMost }.
import { readdir } from 'node:fs/promises';
import { printTable } from './measuring/table.mjs';

const files = await readdir(new URL('.', import.meta.url));
const known = files
  .filter((file) => /^[a-z-]+\.mjs$/.test(file) && file !== 'main.mjs')
  .map((file) => file.slice(0, -'.mjs'.length))
  .sort();
const words = process.argv.slice(2);
const end = words.includes('--') ? words.indexOf('--') : words.length;
const named = words.slice(0, end);
const options = words.slice(end + 1);
const unknown = named.filter((name) => !known.includes(name));

if (named.length === 0 || unknown.length > 0) {
  if (unknown.length > 0) console.error(`Unknown bench: ${unknown.join(', ')}.`);
  console.error(`Usage: npm run bench -- NAME… [-- OPTION…]\nKnown benches: ${known.join(', ')}.`);
  process.exit(2);
}

const missed = [];
for (const name of named) {
  const { bench } = await import(`./${name}.mjs`);
  const figures = await bench(options);
  missed.push(...printTable(name, figures));
}
if (missed.length > 0) {
  console.error(`Goals missed: ${missed.join('; ')}.`);
  process.exitCode = 1;
}
