import { readOptions } from './measuring/options.mjs';

const usage = 'Usage: npm run bench -- transfer [-- --sites 5,20,100] [--large MB]';
const text = { type: 'string' };

/** With how many sites the coordinator's memory is measured (0: not), and how large the large blob is (0: none). */
export const optionsOf = (words) =>
  readOptions(words, {
    options: { sites: text, large: text },
    usage,
    read: ({ sites = '5,20,100', large = '800' }) => ({
      siteCounts: sites === '0' ? [] : sites.split(',').map((one) => count('--sites', one, 1)),
      largeMegabytes: count('--large', large, 0),
    }),
  });

function count(name, given, least) {
  const value = Number(given);
  if (!Number.isInteger(value) || value < least || value > 4_000)
    throw new TypeError(`${name} takes numbers up to 4,000.`);
  return value;
}
