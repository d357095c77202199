import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../backend/index.js';
import { numberBackends } from '../testing/index.js';
import fixture from './graph-convolution.fixture.json' with { type: 'json' };
import { type Graph, similarityGraph } from './index.js';

const backends = await numberBackends();

/** The matrix that the edges stand for, row-major. */
function dense({ nodes, from, to, strength }: Graph): number[] {
  const values = new Array<number>(nodes * nodes).fill(0);
  strength.forEach((value, edge) => {
    values[to[edge]! * nodes + from[edge]!]! += value;
  });
  return values;
}

const build = (features: readonly (readonly number[])[], neighbours = 30) =>
  similarityGraph({
    features: Float32Array.from(features.flat()),
    nodes: features.length,
    threshold: fixture.threshold,
    neighbours,
  });

describe.each(backends)('similarityGraph on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it('gives the worked example', async () => {
    const graph = await build(fixture.features);
    dense(graph).forEach((value, place) => {
      expect(value).toBeCloseTo(fixture.normalised.flat()[place]!, 6);
    });
    expect(graph.strength).toHaveLength(fixture.normalised.flat().filter((value) => value > 0).length);
  });

  it('leaves a node without neighbours its own loop', async () => {
    expect(dense(await build(fixture.isolated.features))).toEqual(fixture.isolated.normalised.flat());
    expect(dense(await build([[1, 2, 3]]))).toEqual([1]);
  });

  it('gives a node of zeros no neighbour', async () => {
    const nothing = [0, 0];
    expect(dense(await build([nothing, nothing, [1, 0]]))).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
  });

  it('keeps the strongest neighbours of each node, and those that chose it', async () => {
    const angles = [0, 0.1, 0.25, 0.45];
    const { from, to } = await build(
      angles.map((angle) => [Math.cos(angle), Math.sin(angle)]),
      1,
    );
    const edges = [...to].map((node, edge) => `${node}${from[edge]}`);
    expect(edges).toEqual(['00', '01', '10', '11', '12', '21', '22', '23', '32', '33']);
  });

  it('is symmetric, has an eigenvalue of 1, and no more edges than were picked', async () => {
    const table = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 4 })).chain(([nodes, width]) =>
      fc.array(fc.array(fc.integer({ min: -3, max: 3 }), { minLength: width, maxLength: width }), {
        minLength: nodes,
        maxLength: nodes,
      }),
    );
    await fc.assert(
      fc.asyncProperty(table, fc.integer({ min: 1, max: 4 }), async (features, neighbours) => {
        const graph = await build(features, neighbours);
        const { nodes } = graph;
        const matrix = dense(graph);
        const degrees = Array.from({ length: nodes }, (_, node) => graph.to.filter((end) => end === node).length);
        expect(graph.strength.length - nodes).toBeLessThanOrEqual(2 * nodes * neighbours);
        for (let i = 0; i < nodes; i++) {
          let image = 0;
          for (let j = 0; j < nodes; j++) {
            expect(matrix[i * nodes + j]).toBe(matrix[j * nodes + i]);
            image += matrix[i * nodes + j]! * Math.sqrt(degrees[j]!);
          }
          expect(image).toBeCloseTo(Math.sqrt(degrees[i]!), 5);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('leaves no tensor behind, and the features as they were', async () => {
    const features = Float32Array.from(fixture.features.flat());
    const before = tf.memory().numTensors;
    await similarityGraph({ features, nodes: fixture.features.length, threshold: 0.4, neighbours: 2 });
    expect(tf.memory().numTensors).toBe(before);
    expect(features).toEqual(Float32Array.from(fixture.features.flat()));
  });

  it('refuses values that make no whole nodes', async () => {
    const make = (length: number, nodes: number) =>
      similarityGraph({ features: new Float32Array(length), nodes, threshold: 0.4, neighbours: 2 });
    await expect(make(7, 2)).rejects.toThrow(RangeError);
    await expect(make(0, 0)).rejects.toThrow(RangeError);
  });
});
