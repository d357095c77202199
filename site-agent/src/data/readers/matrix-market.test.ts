import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type Csr, readMatrixMarket, transposed } from './index.js';

const folder = mkdtempSync(join(tmpdir(), 'consilium-mtx-'));
afterAll(() => rmSync(folder, { recursive: true }));

const read = (bytes: string | Uint8Array, name = 'counts.mtx'): Promise<Csr> => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return readMatrixMarket(path);
};
const integers = '%%MatrixMarket matrix coordinate integer general\n';
const reals = '%%MatrixMarket matrix coordinate real general\n';
const dense = ({ rows, width, starts, columns, values }: Csr): number[][] =>
  Array.from({ length: rows }, (_, row) => {
    const line = new Array<number>(width).fill(0);
    for (let place = starts[row]!; place < starts[row + 1]!; place++) line[columns[place]!] = values[place]!;
    return line;
  });

describe('readMatrixMarket', () => {
  it('reads counts, comments and Windows line ends, packed or not', async () => {
    const text = `${integers}%metadata: by hand\r\n% \n\n 3 4 3\r\n1 2 5\r\n3 1 7\r\n3 4 250000\r\n`;
    const wanted = [
      [0, 5, 0, 0],
      [0, 0, 0, 0],
      [7, 0, 0, 250_000],
    ];
    expect(dense(await read(text))).toEqual(wanted);
    expect(dense(await read(gzipSync(text), 'counts.mtx.gz'))).toEqual(wanted);
  });

  it('reads real numbers as written, and a pattern as ones', async () => {
    const matrix = await read(`${reals}1 5 5\n1 1 -1.5\n1 2 .25\n1 3 2e-3\n1 4 +7.\n1 5 12345678\n`);
    expect(matrix.values).toEqual(Float32Array.of(-1.5, 0.25, 2e-3, 7, 12345678));
    expect(dense(await read('%%MatrixMarket MATRIX Coordinate pattern general\n2 2 2\n1 2\n2 1'))).toEqual([
      [0, 1],
      [1, 0],
    ]);
  });

  it('gives the same rows whatever the order of the lines, in pieces of any size', async () => {
    const cell = fc.tuple(fc.nat(19), fc.nat(29), fc.integer({ min: -9, max: 10 ** 6 }));
    const cells = fc.uniqueArray(cell, { selector: ([row, column]) => 100 * row + column, maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(cells, async (given) => {
        const lines = given.map(([row, column, value]) => `${row + 1} ${column + 1} ${value}`);
        const matrix = await read(`${integers}20 30 ${given.length}\n${lines.join('\n')}\n`);
        const wanted = Array.from({ length: 20 }, () => new Array<number>(30).fill(0));
        for (const [row, column, value] of given) wanted[row]![column] = value;
        expect(dense(matrix)).toEqual(wanted);
        const turned = dense(transposed(matrix));
        expect(turned.map((line, column) => line.map((_, row) => wanted[row]![column]))).toEqual(turned);
      }),
      { numRuns: 50 },
    );
  });

  it('reads a file of many pieces', async () => {
    const lines = Array.from(
      { length: 100_000 },
      (_, index) => `${(index % 1000) + 1} ${Math.floor(index / 1000) + 1} ${index}`,
    );
    const matrix = await read(gzipSync(`${integers}1000 100 100000\n${lines.join('\n')}\n`), 'large.mtx.gz');
    expect([...matrix.columns.subarray(0, 3)]).toEqual([0, 1, 2]);
    expect([...matrix.values.subarray(0, 3)]).toEqual([0, 1000, 2000]);
  });

  it.each([
    ['another beginning', 'hello\n', 1],
    ['the array format', '%%MatrixMarket matrix array real general\n', 1],
    ['complex numbers', '%%MatrixMarket matrix coordinate complex general\n', 1],
    ['a symmetric matrix', '%%MatrixMarket matrix coordinate real symmetric\n', 1],
    ['no size', integers, 1],
    ['a size that is none', `${integers}3 x 3\n`, 2],
    ['no rows', `${integers}0 3 0\n`, 2],
    ['more columns than a cohort has', `${integers}3 99999999 0\n`, 2],
    ['more numbers than fit', `${integers}9999999 9999999 999999999\n`, 2],
    ['more numbers than places', `${integers}2 2 5\n`, 2],
    ['a row outside', `${integers}2 2 1\n3 1 1\n`, 3],
    ['a row 0', `${integers}2 2 1\n0 1 1\n`, 3],
    ['a column that is none', `${integers}2 2 1\n1 -1 1\n`, 3],
    ['no value', `${integers}2 2 1\n1 1\n`, 3],
    ['too many fields', `${integers}2 2 1\n1 1 1 1\n`, 3],
    ['text for a value', `${integers}2 2 1\n1 1 Meyer\n`, 3],
    ['NaN', `${reals}2 2 1\n1 1 nan\n`, 3],
    ['a value past float32', `${reals}2 2 1\n1 1 1e39\n`, 3],
    ['too many numbers', `${integers}2 2 1\n1 1 1\n1 2 1\n`, 4],
    ['too few numbers', `${integers}2 2 3\n1 1 1\n1 2 1\n`, 4],
    ['one place twice', `${integers}2 2 3\n1 1 1\n2 1 1\n1 1 1\n`, 5],
    ['a line without end', `${integers}${'%'.repeat(70_000)}`, 2],
    ['nothing', '', 0],
  ])('refuses %s, with the line and without what stands there', async (_, text, line) => {
    const error = await read(text).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'CSM-DATA-MATRIX-MARKET', details: { file: 'counts.mtx', line } });
    expect(error.message).not.toMatch(/Meyer|hello/);
  });

  it('takes no memory on the word of a header', async () => {
    const before = process.memoryUsage().arrayBuffers;
    await expect(read(`${integers}10000000 10000000 500000000\n1 1 1\n`)).rejects.toMatchObject({
      code: 'CSM-DATA-MATRIX-MARKET',
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 2 ** 20);
  });

  it('says which file is not there, cut short or not packed, and stops when aborted', async () => {
    await expect(readMatrixMarket(join(folder, 'absent.mtx'))).rejects.toMatchObject({ code: 'CSM-DATA-FILE' });
    await expect(read('text', 'plain.mtx.gz')).rejects.toMatchObject({ code: 'CSM-DATA-GZIP' });
    const packed = gzipSync(`${integers}1 1 1\n1 1 1\n`);
    await expect(read(packed.subarray(0, -9), 'cut.mtx.gz')).rejects.toMatchObject({ code: 'CSM-DATA-GZIP' });
    writeFileSync(join(folder, 'good.mtx'), `${integers}1 1 1\n1 1 1\n`);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(readMatrixMarket(join(folder, 'good.mtx'), signal)).rejects.toThrow('enough');
  });

  it('answers any bytes with a matrix or with a code', async () => {
    const whole = Buffer.from(`${integers}20 30 3\n1 2 5\n3 1 7\n3 4 25\n`);
    const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 5 });
    const damaged = damage.map((faults) => {
      const copy = Buffer.from(whole);
      for (const [place, byte] of faults) copy[place] = byte;
      return copy;
    });
    await fc.assert(
      fc.asyncProperty(fc.oneof(damaged, fc.uint8Array()), async (bytes) => {
        await read(bytes).catch((error) => expect(error).toMatchObject({ code: 'CSM-DATA-MATRIX-MARKET' }));
      }),
      { numRuns: 300 },
    );
  });
});
