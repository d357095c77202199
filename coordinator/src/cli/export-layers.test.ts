import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { tf, useBackend } from '@consilium/models/backend';
import { blueprintOf, initialWeights } from '@consilium/models/families';
import { asRows } from '@consilium/models/samples';
import { assignTensors } from '@consilium/models/training';
import { type Contract, contract, readRunFile } from '@consilium/shared/contract';
import { encodeWeights, type Weights } from '@consilium/shared/weights';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeLayers } from './export-layers.js';

const limit = 1e-5;
const classes = ['A', 'B', 'C'];
const termsOf = (model: string): Contract =>
  contract.parse({
    ...{ format: 'consilium-contract-1', consortium: 'c'.repeat(32), run: 'a'.repeat(32), files: {} },
    notAfter: '2999-01-01T00:00:00Z',
    runFile: readRunFile(`name: demo
model: { ${model}, preset: small, classes: [${classes.join(', ')}] }
data: { kind: expression-table, label: subtype, files: { features: e.csv } }
training: { rounds: 1, optimizer: { name: adam, rate: 1e-3 } }
`),
  });
const features = 12;
const input = { kind: 'rows', width: features } as const;
const wanted = { preset: 'small', options: {}, classes: classes.length, stage: 'train', input } as const;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-layers-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const started = (family: string): Weights => initialWeights({ ...wanted, family, seed: 5 }).shared;
const write = (family: string, weights = encodeWeights(started(family))) =>
  writeLayers(join(folder, 'layers'), { contract: termsOf(`family: ${family}`), features, files: [weights] });

/** Some rows, and the logits that the product gives them. */
async function expected(family: string): Promise<{ readonly rows: Float32Array; readonly logits: Float32Array }> {
  const { family: own, blueprint } = blueprintOf({ ...wanted, family });
  const model = own.build({ ...blueprint, seed: 1 });
  assignTensors(model.shared, started(family).values);
  const rows = Float32Array.from({ length: 4 * features }, (_, at) => Math.sin(1.7 * at));
  const samples = asRows({ kind: 'rows', rows: 4, width: features, values: rows });
  const none = { rows: 4, y: new Int32Array(4), patients: Int32Array.of(0, 1, 2, 3), groups: null, sides: {} };
  const reader = model.classify!({ ...none, input: samples }, null);
  const told = tf.tidy(() => reader.logits(Int32Array.of(0, 1, 2, 3)));
  const logits = Float32Array.from(await told.data());
  told.dispose();
  reader.dispose();
  model.dispose();
  return { rows, logits };
}

const furthest = (one: ArrayLike<number>, other: ArrayLike<number>): number =>
  Math.max(...Array.from(one, (value, at) => Math.abs(value - (other[at] ?? Number.NaN))));

describe('a model for browsers', () => {
  it('is a description and its weights, which TensorFlow.js loads, and gives the logits of the product', async () => {
    expect(await write('attention-aml')).toBeNull();
    expect((await readdir(join(folder, 'layers'))).sort()).toEqual(['model.json', 'weights.bin']);
    const described = JSON.parse(await readFile(join(folder, 'layers', 'model.json'), 'utf8'));
    expect(described).toMatchObject({ format: 'layers-model', userDefinedMetadata: { classes, outputs: 'logits' } });
    const bytes = await readFile(join(folder, 'layers', 'weights.bin'));
    const model = await tf.loadLayersModel(
      tf.io.fromMemory({
        modelTopology: described.modelTopology,
        weightSpecs: described.weightsManifest[0].weights,
        weightData: new Uint8Array(bytes).buffer,
      }),
    );
    const { rows, logits } = await expected('attention-aml');
    const told = tf.tidy(() => model.predict(tf.tensor2d(rows, [4, features])));
    if (!(told instanceof tf.Tensor)) throw new TypeError('one output was expected');
    expect(furthest(logits, await told.data())).toBeLessThan(limit);
    told.dispose();
    model.dispose();
  });

  it('is left out, with the reason, where there is no such form or the weights cannot be read', async () => {
    expect(await write('amu')).toContain(
      'This amu model has no form in the layers of TensorFlow.js: with batchNorm: local',
    );
    expect(await write('attention-aml', Buffer.from('no weights'))).toMatch(/\S/);
    expect(await readdir(folder)).toEqual([]);
  });
});

/** The browser of this machine, if it has one; none is needed elsewhere. */
const browser = (process.env.PATH ?? '')
  .split(delimiter)
  .flatMap((place) => ['chromium', 'google-chrome'].map((name) => join(place, name)))
  .find((path) => existsSync(path));

const library = fileURLToPath(new URL('tf.min.js', import.meta.resolve('@tensorflow/tfjs')));
const page = `<!doctype html><script src="/tf.min.js"></script><script>
(async () => {
  await tf.setBackend('cpu');
  const model = await tf.loadLayersModel('/layers/model.json');
  const rows = await (await fetch('/rows')).json();
  const told = await model.predict(tf.tensor2d(rows, [4, ${features}])).data();
  await fetch('/told', { method: 'POST', body: JSON.stringify([...told]) });
})().catch((fault) => fetch('/told', { method: 'POST', body: JSON.stringify(String(fault)) }));
</script>`;

describe.skipIf(browser === undefined)(`in a browser${browser ? '' : ' (skipped: no Chromium in PATH)'}`, () => {
  it('the model gives the logits of the product', async () => {
    await useBackend('cpu');
    await write('attention-aml');
    const { rows, logits } = await expected('attention-aml');
    let tell: (told: unknown) => void = () => {};
    const told = new Promise<unknown>((resolve) => {
      tell = resolve;
    });
    const server = createServer(async ({ url = '/' }, response) => {
      const files: Record<string, () => Promise<string | Buffer>> = {
        '/': async () => page,
        '/tf.min.js': () => readFile(library),
        '/rows': async () => JSON.stringify([...rows]),
        '/layers/model.json': () => readFile(join(folder, 'layers', 'model.json')),
        '/layers/weights.bin': () => readFile(join(folder, 'layers', 'weights.bin')),
      };
      const content = await files[url]?.();
      if (url === '/') response.setHeader('content-type', 'text/html');
      response.writeHead(content === undefined ? 404 : 200).end(content);
    });
    server.on('request', (request) => {
      if (request.url === '/told') text(request).then((body) => tell(JSON.parse(body)));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const profile = `--user-data-dir=${join(folder, 'profile')}`;
    const words = ['--headless', '--no-sandbox', '--disable-gpu', profile, `http://127.0.0.1:${port}/`];
    const running: ChildProcess = spawn(browser ?? '', words, { stdio: 'ignore' });
    try {
      const values = await told;
      if (!Array.isArray(values)) throw new TypeError(String(values));
      expect(furthest(logits, values)).toBeLessThan(limit);
    } finally {
      running.kill('SIGKILL');
      await once(running, 'exit');
      server.closeAllConnections();
      server.close();
    }
  });
});
