import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../canonical.js';
import { readSums, writeSums } from './index.js';

const hashOf = (text: string) => sha256(Buffer.from(text));

describe('the hashes of an export', () => {
  it('stand as sha256sum writes them, sorted by name', () => {
    const text = writeSums(new Map(['reports/b.json', 'a.json'].map((name) => [name, hashOf(name)])));
    expect(text).toBe(`${hashOf('a.json')}  a.json\n${hashOf('reports/b.json')}  reports/b.json\n`);
  });

  it('are read back as they were written', () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z0-9][a-z0-9 ./-]*$/), { maxLength: 9 });
    fc.assert(
      fc.property(names, (all) => {
        const hashes = new Map(all.map((name) => [name, hashOf(name)]));
        expect(readSums(writeSums(hashes))).toEqual(new Map([...hashes].sort()));
      }),
    );
  });

  it.each(['what', `${'a'.repeat(63)}  file`, `${'a'.repeat(64)} file`, `${'a'.repeat(64)}  x\n${'b'.repeat(64)}  x`])(
    'are nothing else: %s',
    (text) => expect(readSums(text)).toBeNull(),
  );
});
