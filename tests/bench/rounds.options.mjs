import { notKnown, readOptions } from './measuring/options.mjs';

const usage = 'Usage: npm run bench -- rounds [-- --rounds N] [--only small,many,large,long]';
const parts = ['small', 'many', 'large', 'long'];

/** How many rounds the long run has, and which parts are measured. */
export const optionsOf = (words) =>
  readOptions(words, {
    options: { rounds: { type: 'string' }, only: { type: 'string' } },
    usage,
    read({ rounds = '1000', only = parts.join(',') }) {
      const wanted = only.split(',');
      const unknown = wanted.find((part) => !parts.includes(part));
      if (unknown !== undefined) throw notKnown(unknown);
      const count = Number(rounds);
      if (!Number.isInteger(count) || count < 40 || count > 9_999)
        throw new TypeError('--rounds takes a number from 40 to 9,999.');
      return { rounds: count, only: wanted };
    },
  });
