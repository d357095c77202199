import { readRunFile } from '@consilium/shared/contract';
import { coded } from '@consilium/shared/errors';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ApiOptions } from './options.js';
import { openStage, type Stage } from './testing/stage.js';

const run = readRunFile(`
name: checked
model: { family: attention-aml, preset: small, classes: [a, b] }
data: { kind: expression-table, label: subtype, files: { features: x.csv, samples: s.csv } }
training: { rounds: 2, optimizer: { name: adam, rate: 1.0e-3 } }
`);
let stage: Stage;
let cookie: string;
let models: ApiOptions['checkModel'];

beforeEach(async () => {
  stage = await openStage({ checkModel: (...asked) => models(...asked) });
  cookie = await stage.signedIn('ada', { role: 'lead' });
});
afterEach(() => stage.close());

const check = (runFile: unknown) => stage.post('/api/run-files/check', { runFile }, { cookie });

it('tells what the models warn of, and what they refuse', async () => {
  models = async ({ name }) => [`${name}: averages batch normalisation`];
  expect(await (await check(run)).json()).toEqual({ warnings: ['checked: averages batch normalisation'] });
  models = async () => {
    throw coded('CSM-MODEL-FAMILY', { family: 'attention-aml', known: 'others' });
  };
  expect(await (await check(run)).json()).toMatchObject({ error: { code: 'CSM-MODEL-FAMILY' } });
});

it('asks for one run file after another, also after one that was refused', async () => {
  let busy = 0;
  let most = 0;
  models = async ({ name }) => {
    busy += 1;
    most = Math.max(most, busy);
    await new Promise((resolve) => setImmediate(resolve));
    busy -= 1;
    if (name === 'bad') throw coded('CSM-MODEL-FAMILY', { family: 'x', known: 'others' });
    return [];
  };
  const answers = await Promise.all([check({ ...run, name: 'bad' }), check(run), check(run)]);
  expect(answers.map(({ ok }) => ok)).toEqual([false, true, true]);
  expect(most).toBe(1);
});

it('reads no file of weights, and no run file that is none', async () => {
  models = async () => expect.fail('asked');
  const weights = { ...run, model: { ...run.model, weights: { file: 'secret.safetensors' } } };
  expect(await (await check(weights)).json()).toMatchObject({ error: { code: 'CSM-API-WEIGHTS' } });
  const previous = { ...run, validation: { ...run.validation, previous: 'before' } };
  expect(await (await check(previous)).json()).toMatchObject({ error: { code: 'CSM-API-WEIGHTS' } });
  expect(await (await check({ name: 'checked' })).json()).toMatchObject({ error: { code: 'CSM-API-BODY' } });
});
