import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initialWeights } from '@consilium/models/families';
import { discs } from '@consilium/models/synthetic';
import { canonicalBytes, sha256 } from '@consilium/shared/canonical';
import { contract, readRunFile, signContract } from '@consilium/shared/contract';
import { createIdentity, sign } from '@consilium/shared/crypto';
import { sumsFile, writeSums } from '@consilium/shared/exported';
import { encodePreparation } from '@consilium/shared/statistics';
import { encodeWeights } from '@consilium/shared/weights';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { quietContext } from '../testing/command-context.js';
import { createProgram } from './program.js';

const [images, side] = [6, 16];
const runFile = readRunFile(`name: cells
model: { family: vgg19-mhsa, preset: small, classes: [A, B], options: { normalisation: batchLocal } }
data: { kind: images, id: cell, label: class, side: ${side}, files: { samples: cells.csv } }
preparation: { image: { stain: federated } }
training: { rounds: 1, optimizer: { name: adam, rate: 1e-2 } }
`);

let folder: string;
const at = (...names: readonly string[]) => join(folder, ...names);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-images-'));
  const terms = contract.parse({
    ...{ format: 'consilium-contract-1', consortium: 'c'.repeat(32), run: 'a'.repeat(32), files: {}, runFile },
    notAfter: '2999-01-01T00:00:00Z',
  });
  const lead = createIdentity();
  const { shared } = initialWeights({
    ...{ ...runFile.model, classes: 2, stage: 'train', input: { kind: 'images', side }, seed: 1 },
  });
  const files = {
    'contract.json': canonicalBytes(signContract(terms, (domain, bytes) => sign(lead, domain, bytes))),
    'preparation.json': encodePreparation({
      ...{ format: 'consilium-preparation-1', features: ['red', 'green', 'blue'], classCounts: [20, 20], samples: 40 },
      ...{ scale: null, fitted: { stain: { mean: [60, 10, -5], sd: [12, 9, 9] } } },
    }),
    'model.safetensors': encodeWeights(shared),
  };
  await mkdir(at('export'));
  await mkdir(at('data', 'cells'), { recursive: true });
  for (const [name, bytes] of Object.entries(files)) await writeFile(at('export', name), bytes);
  const hashes = Object.entries(files).map(([name, bytes]) => [name, sha256(bytes)] as const);
  await writeFile(at('export', sumsFile), writeSums(new Map(hashes)));

  const { input, y } = discs({ seed: 5, site: 'new', images, classes: 2, side, stain: 0.3 });
  if (input.kind !== 'images') throw new Error('discs are images');
  const lines = ['cell,class,file', 'gone,A,cells/gone.png'];
  for (const [row, label] of y.entries()) {
    const raw = { width: side, height: side, channels: 3 } as const;
    const size = 3 * side ** 2;
    await sharp(input.pixels.subarray(row * size, (row + 1) * size), { raw }).toFile(at('data', 'cells', `${row}.png`));
    lines.push(`c${row},${'AB'[label]},cells/${row}.png`);
  }
  await writeFile(at('data', 'cells.csv'), lines.join('\n'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function type(...words: readonly string[]): Promise<readonly string[]> {
  const printed: string[] = [];
  const common = ['--data', at('data'), '--home', at('home'), '--backend', 'wasm'];
  await (await createProgram(quietContext(printed))).parseAsync(['node', 'consilium-site', ...words, ...common]);
  return printed;
}

it('a new hospital asks a finished model about its images, and sees where it looked', async () => {
  const printed = await type('predict', at('export'), '--out', at('told.csv'), '--explain', at('reasons'));
  const [header, ...lines] = (await readFile(at('told.csv'), 'utf8')).trimEnd().split('\n');
  expect(header).toBe('cell,A,B');
  expect(lines.map((line) => line.split(',')[0])).toEqual(Array.from({ length: images }, (_, row) => `c${row}`));
  expect(printed).toContain('Set aside 1 rows: file missing 1');
  expect(printed).toContain('Normalisations that every hospital has of its own were fitted to these samples.');
  expect((await readdir(at('reasons'))).filter((name) => name.endsWith('.png'))).toHaveLength(3 * images);
});

it('a new hospital judges a finished model on its images', async () => {
  const printed = await type('evaluate', at('export'), '--out', at('evaluation'));
  expect(printed[0]).toMatch(/^cells on every patient with a known label: 6 samples/);
  expect((await readdir(at('evaluation'))).sort()).toEqual(['local-all.html', 'local-all.json']);
});
