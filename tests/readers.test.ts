import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readImage, readMatrixMarket } from '../site-agent/src/data/readers/index.js';
import { dataFolder } from './fixtures.js';

const cells = dataFolder('pbmc-ifn-stim');
const images = dataFolder('wbc-5class-4sites');

describe.skipIf(cells === null)('readMatrixMarket of the stimulated blood cells', () => {
  it('reads 1500 cells × 6869 genes, every count', async () => {
    const matrix = await readMatrixMarket(join(cells ?? '', 'matrix.mtx.gz'));
    expect([matrix.rows, matrix.width, matrix.values.length]).toEqual([1500, 6869, 823_168]);
    expect(matrix.values.reduce((sum, count) => sum + count, 0)).toBe(2_272_416);
    expect(matrix.starts[1]).toBe(790);
    expect(matrix.values.subarray(matrix.starts[1499]).reduce((sum, count) => sum + count, 0)).toBe(814);
  });
});

describe.skipIf(images === null)('readImage of the white blood cells of three laboratories', () => {
  const folder = join(images ?? '', 'images');

  it('decodes every one to its 128 × 128 pixels', async () => {
    const names = readdirSync(folder);
    expect(names).toHaveLength(225 + 381 + 263);
    for (const name of names) {
      const { width, height, pixels } = await readImage(join(folder, name));
      expect([width, height, pixels.length]).toEqual([128, 128, 3 * 128 * 128]);
    }
  });

  it('gives the colours that a decoder written apart gives', async () => {
    const { pixels } = await readImage(join(folder, 'jtsc_001.png'));
    const sums = [0, 1, 2].map((channel) =>
      pixels.reduce((sum, value, at) => (at % 3 === channel ? sum + value : sum), 0),
    );
    expect(sums).toEqual([3_743_743, 3_504_746, 2_411_407]);
  });
});
