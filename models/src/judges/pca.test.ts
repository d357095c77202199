import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../backend/index.js';
import { stream } from '../layers/index.js';
import { fitPca, project, type Vectors } from './index.js';
import fixture from './judges.fixture.json' with { type: 'json' };
import { symmetricEigen } from './symmetric-eigen.js';

const { x, variances, directions } = fixture.pca;
const training: Vectors = { rows: 25, width: 6, values: Float32Array.from(x.flat()) };

describe.each(['cpu', 'wasm'] as const)('fitPca on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it('gives the components of a singular value decomposition', async () => {
    const pca = await fitPca({ training, components: 4, random: stream(1) });
    expect(pca.variances).toHaveLength(4);
    pca.variances.forEach((variance, index) => {
      expect(variance / variances[index]!).toBeCloseTo(1, 4);
    });
    pca.directions.forEach((part, index) => {
      expect(part).toBeCloseTo(directions.flat()[index]!, 3);
    });
  });

  it('places rows so that each column has its variance, and no two go together', async () => {
    const pca = await fitPca({ training, components: 3, random: stream(1) });
    const { values, width } = await project(pca, training);
    expect(width).toBe(3);
    for (let a = 0; a < 3; a++) {
      for (let b = 0; b < 3; b++) {
        let sum = 0;
        for (let row = 0; row < 25; row++) sum += values[3 * row + a]! * values[3 * row + b]!;
        expect(sum / 24 / pca.variances[0]!).toBeCloseTo(a === b ? pca.variances[a]! / pca.variances[0]! : 0, 4);
      }
    }
  });

  it('finds the strong directions among many weak ones', async () => {
    const random = stream(7);
    const [rows, width] = [200, 300];
    const strong = Array.from({ length: 2 }, () =>
      Float32Array.from({ length: width }, () => random.normal() / Math.sqrt(width)),
    );
    const values = new Float32Array(rows * width);
    for (let row = 0; row < rows; row++) {
      const [a, b] = [30 * random.normal(), 15 * random.normal()];
      for (let column = 0; column < width; column++) {
        values[row * width + column] = a * strong[0]![column]! + b * strong[1]![column]! + 0.1 * random.normal() + 5;
      }
    }
    const pca = await fitPca({ training: { rows, width, values }, components: 5, random: stream(1) });
    const along = strong[0]!.reduce((sum, part, column) => sum + part * pca.directions[column]!, 0);
    expect(Math.abs(along)).toBeGreaterThan(0.99);
    expect(pca.variances[1]! / pca.variances[2]!).toBeGreaterThan(100);
  });

  it('keeps what is there of too few rows, follows its random numbers and leaves no tensor behind', async () => {
    const before = tf.memory().numTensors;
    const few: Vectors = { rows: 3, width: 6, values: training.values.slice(0, 18) };
    const pca = await fitPca({ training: few, components: 10, random: stream(1) });
    expect(pca.variances).toHaveLength(3);
    expect(pca.variances[2]! / pca.variances[0]!).toBeLessThan(1e-4);
    expect(await fitPca({ training: few, components: 10, random: stream(1) })).toEqual(pca);
    await project(pca, training);
    await expect(project(pca, { rows: 1, width: 1, values: Float32Array.of(1) })).rejects.toThrow(RangeError);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(fitPca({ training, components: 2, random: stream(1), signal })).rejects.toThrow('enough');
    await expect(fitPca({ training: { ...few, rows: 1 }, components: 2, random: stream(1) })).rejects.toThrow(
      RangeError,
    );
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('symmetricEigen', () => {
  it('gives back the matrix from values and vectors', () => {
    const random = stream(5);
    const size = 12;
    const matrix = new Float64Array(size * size);
    for (let a = 0; a < size; a++)
      for (let b = 0; b <= a; b++) matrix[a * size + b] = matrix[b * size + a] = random.normal();
    const { values, vectors } = symmetricEigen(matrix, size);
    for (let a = 0; a < size; a++) {
      for (let b = 0; b < size; b++) {
        let sum = 0;
        for (let i = 0; i < size; i++) sum += values[i]! * vectors[i * size + a]! * vectors[i * size + b]!;
        expect(sum).toBeCloseTo(matrix[a * size + b]!, 10);
      }
    }
    expect([...values]).toEqual([...values].sort((a, b) => b - a));
  });
});
