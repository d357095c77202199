import { readOptions } from './measuring/options.mjs';

const usage = 'Usage: npm run bench -- sites [-- --sites N] [--rounds N] [--idle N] [--processes N]';
const number = { type: 'string' };

/** How many sites take part in a run, in how many rounds, how many more are only connected, and in how many processes. */
export const optionsOf = (words) =>
  readOptions(words, {
    options: { sites: number, rounds: number, idle: number, processes: number },
    usage,
    read: ({ sites = '1000', rounds = '2', idle = '1000', processes = '4' }) => ({
      sites: count('--sites', sites),
      rounds: count('--rounds', rounds),
      idle: count('--idle', idle),
      processes: count('--processes', processes),
    }),
  });

function count(name, text) {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 10_000)
    throw new TypeError(`${name} takes a number from 1 to 10,000.`);
  return value;
}
