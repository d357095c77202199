import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffRows } from './diff-lines.js';

describe('diffRows', () => {
  it('marks what went and what came', () => {
    expect(diffRows('seed: 7\nrounds: 5\n', 'seed: 7\nrounds: 9\n')).toEqual([
      { kind: 'same', text: 'seed: 7' },
      { kind: 'removed', text: 'rounds: 5' },
      { kind: 'added', text: 'rounds: 9' },
    ]);
  });

  it('shows equal texts as they are', () => {
    expect(diffRows('a\nb\n', 'a\nb\n').every(({ kind }) => kind === 'same')).toBe(true);
  });

  it('holds each text whole: its lines, without those of the other', () => {
    const text = fc.array(fc.stringMatching(/^[a-c: ]{0,6}$/), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(text, text, (before, after) => {
        const rows = diffRows(`${before.join('\n')}\n`, `${after.join('\n')}\n`);
        const side = (other: string) => rows.filter(({ kind }) => kind !== other).map((row) => row.text);
        expect(side('added')).toEqual(before);
        expect(side('removed')).toEqual(after);
      }),
    );
  });
});
