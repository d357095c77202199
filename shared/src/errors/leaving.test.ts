import { describe, expect, it } from 'vitest';
import { CodedError, type ErrorCode, errorTable, leaving, leavingDetails } from './index.js';

const codes = Object.keys(errorTable) as ErrorCode[];
const secret = 'Mary, born 1931';

/** An error of this code with a secret in every fact that its texts name, and in one that they do not. */
const secretly = (code: ErrorCode): CodedError => {
  const { message, remedy } = errorTable[code];
  const names = [...`${message} ${remedy}`.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  return new CodedError(code, Object.fromEntries([...names, 'more'].map((name) => [name, secret])));
};
const listed = (code: ErrorCode) => {
  const { always = [], named = [] }: { readonly always?: readonly string[]; readonly named?: readonly string[] } =
    leavingDetails[code] ?? {};
  return { always, named };
};

/** Facts that say nothing of what a table holds, whatever it is filled with; each new one is a decision. */
const harmless = new Set([
  // Terms of the contract, and words and numbers that are written into the program.
  ...['limit', 'listed', 'reason', 'role', 'why', 'problems'],
  // Of features, never of patients.
  ...['first', 'second', 'missing'],
  // The machine, the contract's own list of bands, and what all sites were told that they have in common.
  ...['platform', 'line of CSM-DATA-BANDS', 'column of CSM-DATA-CHANGED'],
]);

describe('of an error leaves a site', () => {
  it.each(codes.filter((code) => !/^CSM-(?:ACCESS|BLOB|SPOOL|STORE|UPDATE)-/.test(code)))(
    '%s with the facts of the table alone',
    (code) => {
      const { always, named } = listed(code);
      const told = leaving(secretly(code));
      expect(told.code).toBe(code);
      expect(Object.keys(told.details).sort()).toEqual([...always].sort());
      expect(Object.keys(leaving(secretly(code), new Set([...secret.split(', '), 'x'])).details).sort()).toEqual(
        [...always, ...named].sort(),
      );
    },
  );

  it.each(codes.filter((code) => code.startsWith('CSM-DATA-')))(
    'no fact of %s that a table may have filled',
    (code) => {
      const { always } = listed(code);
      const doubtful = always.filter((name) => !harmless.has(name) && !harmless.has(`${name} of ${code}`));
      expect(doubtful).toEqual([]);
    },
  );

  it('a file or a column where the contract names it, and not where the site alone does', () => {
    const error = new CodedError('CSM-DATA-COLUMN', { file: 'a.csv', column: 'subtype', near: ' (did you mean AML?)' });
    expect(leaving(error, new Set(['subtype'])).details).toEqual({ column: 'subtype' });
    const both = leaving(error, new Set(['subtype', 'a.csv']));
    expect(both.message).toBe('a.csv has no column subtype.');
    const two = new CodedError('CSM-DATA-EMPTY', { file: 'a.csv, b.csv' });
    expect(leaving(two, new Set(['a.csv'])).message).toBe('(not told) holds no rows.');
    expect(leaving(two, new Set(['a.csv', 'b.csv'])).message).toBe('a.csv, b.csv holds no rows.');
  });

  it('all that the coordinator itself said', () => {
    const refused = new CodedError('CSM-UPDATE-NORM', { site: 'north', norm: 9, limit: 1 });
    expect(leaving(refused).message).toBe(refused.message);
  });
});
