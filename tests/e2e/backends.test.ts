import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nativeFolder } from '@consilium/models/native-library';
import { isRequired, rungOf, webgpuRung } from '@consilium/models/testing';
import { decodeWeights } from '@consilium/shared/weights';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import { subtypes, writeHospitals } from '../harness/invented-patients.js';
import { openTerminal, type Terminal } from '../harness/terminal.js';

const hospitals = ['hospital-a', 'hospital-b'];
/** Of the final weights as a whole, relative and in L2, between two backends. */
const agreementLimit = 1e-4;

/** Adam divides by the size of each gradient, and so shows differences between backends that plain descent would hide. */
const runFile = `
name: agreed
model: { family: attention-aml, preset: small, classes: [${subtypes.join(', ')}] }
data: { kind: expression-table, label: subtype, files: { features: expression.csv, samples: samples.csv } }
training: { rounds: 3, batchSize: 16, optimizer: { name: adam, rate: 0.001 } }
seed: 11
`;

const rungs = [await rungOf('native'), await webgpuRung()];

/** Where the processes of a run find the library and the driver that this one found. */
const surroundings = Object.fromEntries(
  ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES', 'LD_LIBRARY_PATH'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  }),
);

describe('one run on two backends', () => {
  let folder = '';
  let terminal: Terminal;
  let onWasm: Float32Array;

  /** The final weights of the run, trained there by every hospital. */
  async function finalWeights(backend: string, device: string): Promise<Float32Array> {
    const sites = hospitals.flatMap((name) => ['--site', `${name}=data/${name}`]);
    const words = ['--backend', backend, '--device', device, '--out', backend, '--json'];
    const said = await terminal.done('consilium', 'rehearse', 'run.yaml', ...sites, ...words);
    const { status, rounds, backend: used } = JSON.parse(said.trimEnd().split('\n').at(-1) ?? '');
    expect({ status, rounds }).toEqual({ status: 'complete', rounds: 3 });
    expect(used).toMatch(new RegExp(`^${backend}`));
    return decodeWeights(await readFile(join(folder, backend, 'export', 'model.safetensors'))).values;
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'consilium-backends-'));
    terminal = openTerminal(folder, { ...surroundings, CONSILIUM_NATIVE: nativeFolder() });
    await writeHospitals(new Map(hospitals.map((name) => [name, join(folder, 'data', name)])));
    await writeFile(join(folder, 'run.yaml'), runFile);
    if (rungs.some(({ absence }) => absence === null)) onWasm = await finalWeights('wasm', 'any');
  });
  afterAll(async () => {
    await terminal.close();
    await rm(folder, { recursive: true, force: true });
  });

  for (const { choice, device, absence } of rungs) {
    const because = absence === null ? '' : ` (skipped: ${absence})`;
    it.skipIf(absence !== null && !isRequired(choice))(
      `ends with the weights of wasm on ${choice}${because}`,
      async () => {
        onTestFailed(() => console.error(terminal.transcript()));
        expect(absence).toBeNull();
        const weights = await finalWeights(choice, device);
        const apart = length(weights.map((weight, index) => weight - (onWasm[index] ?? Number.NaN)));
        expect(apart / length(onWasm)).toBeLessThan(agreementLimit);
      },
    );
  }
});

const length = (values: Float32Array): number => Math.hypot(...values);
