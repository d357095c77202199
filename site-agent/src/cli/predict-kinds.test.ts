import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initialWeights } from '@consilium/models/families';
import { canonicalBytes, sha256 } from '@consilium/shared/canonical';
import { contract, inputOf, onlyStage, readRunFile, signContract, stagesOf } from '@consilium/shared/contract';
import { createIdentity, sign } from '@consilium/shared/crypto';
import { sumsFile, writeSums } from '@consilium/shared/exported';
import { encodePreparation, type PreparationState } from '@consilium/shared/statistics';
import { encodeWeights } from '@consilium/shared/weights';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inventedCells, matrixMarket } from '../data/cells/cells.fixture.js';
import { safetensors } from '../data/feature-bags/bags.fixture.js';
import { quietContext } from '../testing/command-context.js';
import { createProgram } from './program.js';

let folder: string;
let printed: string[];
const at = (...names: readonly string[]) => join(folder, ...names);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-predict-kinds-'));
  printed = [];
  await mkdir(at('export'));
  await mkdir(at('data'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** An export of a model that was never trained, as far as a site reads it. */
async function writeExport(text: string, state: Pick<PreparationState, 'features' | 'scale'>): Promise<void> {
  const runFile = readRunFile(text);
  const terms = contract.parse({
    ...{ format: 'consilium-contract-1', consortium: 'c'.repeat(32), run: 'a'.repeat(32), files: {}, runFile },
    notAfter: '2999-01-01T00:00:00Z',
  });
  const lead = createIdentity();
  const { shared, frozen } = initialWeights({
    ...{ ...runFile.model, classes: 2, seed: 1, input: inputOf(runFile, state.features.length) },
    stage: stagesOf(runFile).at(-1)?.name ?? onlyStage,
  });
  const files = {
    'contract.json': canonicalBytes(signContract(terms, (domain, bytes) => sign(lead, domain, bytes))),
    'preparation.json': encodePreparation({
      ...{ format: 'consilium-preparation-1', classCounts: [20, 20], samples: 40 },
      ...state,
    }),
    'model.safetensors': encodeWeights(shared),
    ...(frozen && { 'frozen.safetensors': encodeWeights(frozen) }),
  };
  for (const [name, bytes] of Object.entries(files)) await writeFile(at('export', name), bytes);
  const hashes = Object.entries(files).map(([name, bytes]) => [name, sha256(bytes)] as const);
  await writeFile(at('export', sumsFile), writeSums(new Map(hashes)));
}

async function predict(): Promise<readonly string[]> {
  const words = ['predict', at('export'), '--data', at('data'), '--out', at('told.csv'), '--home', at('home')];
  await (await createProgram(quietContext(printed))).parseAsync([
    'node',
    'consilium-site',
    ...words,
    '--backend',
    'wasm',
  ]);
  return (await readFile(at('told.csv'), 'utf8')).trimEnd().split('\n');
}

/** The ids, where the two probabilities of each line add up. */
function idsOf(lines: readonly string[]): readonly string[] {
  return lines.slice(1).map((line) => {
    const [id = '', first, second] = line.split(',');
    expect(Number(first) + Number(second)).toBeCloseTo(1, 6);
    return id;
  });
}

describe('predict of a model of single cells', () => {
  const cells = inventedCells(12, 30);
  const features = cells.genes.slice(0, 6);

  it('tells every cell of a sparse file, whose label need not be known, from the genes of the model', async () => {
    await writeExport(
      `name: cells
model: { family: attention-aml, preset: small, classes: [A, B] }
data: { kind: cells, id: cell, label: kind, files: { features: matrix.mtx, genes: genes.txt, cells: cells.txt }, transforms: [{ perCell: 100 }, { log1p: all }] }
training: { rounds: 1, optimizer: { name: adam, rate: 1e-2 } }
`,
      { features, scale: { mean: features.map(() => 1), sd: features.map(() => 2) } },
    );
    await writeFile(at('data', 'matrix.mtx'), matrixMarket(cells));
    await writeFile(at('data', 'genes.txt'), cells.genes.join('\n'));
    await writeFile(at('data', 'cells.txt'), cells.cells.join('\n'));
    const lines = await predict();
    expect(lines[0]).toBe('cell,A,B');
    expect(idsOf(lines)).toEqual(cells.cells);
    expect(new Set(lines.slice(1).map((line) => line.split(',')[1])).size).toBeGreaterThan(3);
    expect(printed).toContainEqual(expect.stringMatching(/^cells: 12 samples, backend wasm/));
  });
});

describe('predict of a model of feature bags', () => {
  const width = 8;
  const patients = Array.from({ length: 6 }, (_, index) => `p${index}`);

  it('tells every patient with a bag, and counts those without', async () => {
    await writeExport(
      `name: bags
model: { family: genbloom, preset: small, classes: [A, B] }
data: { kind: feature-bags, id: patient, label: kind, width: ${width}, files: { samples: patients.csv, features: bags.safetensors } }
preparation: { scale: none }
training: { rounds: 1, optimizer: { name: adam, rate: 1e-2 } }
stages: [{ name: probe }]
`,
      { features: Array.from({ length: width }, (_, at) => `v${at + 1}`), scale: null },
    );
    const bagOf = (index: number) =>
      Float32Array.from({ length: width * (index + 2) }, (_, value) => Math.sin(value + 3 * index));
    const bags = Object.fromEntries(patients.map((patient, index) => [patient, bagOf(index)]));
    await writeFile(at('data', 'bags.safetensors'), safetensors(bags, width));
    await writeFile(
      at('data', 'patients.csv'),
      ['patient,kind', ...patients.map((id) => `${id},`), 'gone,'].join('\n'),
    );
    const lines = await predict();
    expect(lines[0]).toBe('patient,A,B');
    expect(idsOf(lines)).toEqual(patients);
    expect(printed).toContain('Set aside 1 rows: no bag of this sample 1');
  });
});
