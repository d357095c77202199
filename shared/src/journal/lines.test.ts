import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Signature } from '../ids.js';
import {
  type JournalRecord,
  journalLine,
  maxLineBytes,
  parseJournalLine,
  readJournal,
  sealRecord,
  writeJournal,
} from './index.js';

const signature = 'A'.repeat(86) as Signature;
const draft = { chain: 'run', time: '2026-03-01T09:00:00.000Z', type: 'noted' };
const recordWith = (body: unknown): JournalRecord => sealRecord(null, { ...draft, body }, () => signature);
const withoutNewline = (line: Uint8Array) => line.subarray(0, -1);
const coded = (line: number) => expect.objectContaining({ code: 'CSM-JOURNAL-LINE', details: { line } });

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe('a journal line', () => {
  it('reads back as it was written, whatever JSON the body is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        const record = recordWith(body);
        const again = parseJournalLine(withoutNewline(journalLine(record)), 1);
        expect(journalLine(again)).toEqual(journalLine(record));
        expect(again.hash).toBe(record.hash);
      }),
    );
  });

  it('keeps a key that objects treat specially', () => {
    const record = recordWith(JSON.parse('{"__proto__":{"polluted":true},"constructor":1}'));
    const again = parseJournalLine(withoutNewline(journalLine(record)), 1);
    expect(journalLine(again)).toEqual(journalLine(record));
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('never reads as itself after a byte was changed, added or dropped', () => {
    const line = withoutNewline(journalLine(recordWith({ text: 'äöü \u2028', list: [1, 2.5, -3e-7], empty: {} })));
    fc.assert(
      fc.property(fc.nat(line.length - 1), fc.integer({ min: 0, max: 255 }), fc.nat(2), (at, byte, kind) => {
        const mutated =
          kind === 0
            ? Buffer.from(line.with(at, byte))
            : kind === 1
              ? Buffer.concat([line.subarray(0, at), Uint8Array.of(byte), line.subarray(at)])
              : Buffer.concat([line.subarray(0, at), line.subarray(at + 1)]);
        if (mutated.equals(line)) return;
        let read: JournalRecord;
        try {
          read = parseJournalLine(mutated, 3);
        } catch (error) {
          expect(error).toEqual(coded(3));
          return;
        }
        expect(Buffer.from(withoutNewline(journalLine(read)))).toEqual(mutated);
      }),
      { numRuns: 3000 },
    );
  });

  it('is never anything but a coded error for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(() => parseJournalLine(bytes, 1)).toThrow(coded(1));
      }),
    );
  });

  it.each([
    ['another spacing', (text: string) => text.replace('{"body"', '{ "body"')],
    ['another key order', (text: string) => text.replace(/^\{("body":null),("chain":"run")/, '{$2,$1')],
    ['a key twice', (text: string) => text.replace('"chain":"run"', '"chain":"x","chain":"run"')],
    ['an extra key', (text: string) => text.replace('"chain":"run"', '"chain":"run","extra":1')],
    ['no body', (text: string) => text.replace('"body":null,', '')],
    ['a byte order mark', (text: string) => `\uFEFF${text}`],
    ['a negative sequence', (text: string) => text.replace('"sequence":0', '"sequence":-1')],
  ])('with %s is refused', (_, change) => {
    const text = Buffer.from(withoutNewline(journalLine(recordWith(null)))).toString('utf8');
    expect(() => parseJournalLine(Buffer.from(text), 1)).not.toThrow();
    expect(change(text)).not.toBe(text);
    expect(() => parseJournalLine(Buffer.from(change(text)), 7)).toThrow(coded(7));
  });

  it('nested beyond reason is refused, not fatal', () => {
    const depth = 200_000;
    const text = `{"body":${'['.repeat(depth)}${']'.repeat(depth)},"chain":"c"}`;
    expect(() => parseJournalLine(Buffer.from(text), 1)).toThrow(coded(1));
  });
});

describe('a journal as JSON lines', () => {
  const records = [recordWith(1), recordWith('zwei\nlines'), recordWith({ three: [3] })];

  it('reads back however the bytes are cut', async () => {
    const bytes = Buffer.concat(await all(writeJournal(records)));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 8 }), async (cuts) => {
        const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
        const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
        expect(await all(readJournal(chunks))).toEqual(records);
      }),
    );
  });

  it('with a torn last line gives the whole ones, then names it', async () => {
    const bytes = Buffer.concat(await all(writeJournal(records)));
    const read: JournalRecord[] = [];
    const reading = (async () => {
      for await (const record of readJournal([bytes.subarray(0, -1)])) read.push(record);
    })();
    await expect(reading).rejects.toEqual(coded(3));
    expect(read).toEqual(records.slice(0, 2));
  });

  it('with an empty line is refused, an empty file is an empty journal', async () => {
    await expect(all(readJournal([Buffer.from('\n')]))).rejects.toEqual(coded(1));
    expect(await all(readJournal([]))).toEqual([]);
  });

  it('stops at a line that never ends, before it fills the memory', async () => {
    let given = 0;
    function* endless() {
      const chunk = new Uint8Array(2 ** 20).fill(0x61);
      for (;;) {
        given += chunk.length;
        yield chunk;
      }
    }
    await expect(all(readJournal(endless()))).rejects.toEqual(coded(1));
    expect(given).toBeLessThanOrEqual(maxLineBytes + 2 ** 20);
  });
});
