import { sha256 } from '@consilium/shared/canonical';
import { contract, readRunFile } from '@consilium/shared/contract';
import { createIdentity } from '@consilium/shared/crypto';
import { describe, expect, it } from 'vitest';
import { exampleView } from '../api/testing/fake-runs.js';
import { type ModelCardFacts, modelCard } from './model-card.js';

const runFile = readRunFile(`name: demo
description: A [link](x) to nowhere
licence: CC BY-NC 4.0
model: { family: attention-aml, preset: small, classes: [A, B], options: { dropout: 0.2 } }
data: { kind: expression-table, label: subtype, features: [g1, g2], files: { features: e.csv }, transforms: [ { log1p: [g1] } ] }
training: { rounds: 30, optimizer: { name: adam, rate: 1e-3 } }
`);
const facts: ModelCardFacts = {
  view: exampleView(),
  contract: contract.parse({
    ...{ format: 'consilium-contract-1', consortium: 'c'.repeat(32), run: 'a'.repeat(32), files: {}, runFile },
    notAfter: '2999-01-01T00:00:00Z',
  }),
  coordinatorKey: createIdentity().publicKey,
  lead: createIdentity().publicKey,
  model: 'f'.repeat(64),
  features: ['g1', 'g2'],
  layers: null,
  reports: [],
  hashes: new Map([['model.safetensors', sha256(Buffer.from('weights'))]]),
};

describe('the model card', () => {
  it('has a section for each thing that a reader asks', () => {
    const card = modelCard(facts);
    expect([...card.matchAll(/^## (.+)$/gm)].map(([, title]) => title)).toEqual([
      ...['What it tells', 'What it reads', 'How it was trained', 'How good it is', 'Who stood behind it'],
      ...['Where it ends', 'Use', 'Licence', 'Files', 'Identity'],
    ]);
  });

  it('says the data contract, the training, figures by site, the licence and hashes', () => {
    const card = modelCard(facts);
    expect(card).toContain('2 features, all named in `preparation.json`: g1, g2.');
    expect(card).toMatch(/^ {2}label: subtype$/m);
    expect(card).toMatch(/^ {2}features: 2 named$/m);
    expect(card).toContain('- Stage `train`: at most 30 rounds of 1 epochs, batches of 32, `adam` at 0.001');
    expect(card).toMatch(/^\| \*\*this model\*\* \| 70 \|/m);
    expect(card).toMatch(/^\| hospital-a \| \d+ \| 0\.\d+ \|/m);
    expect(card).toContain('CC BY-NC 4.0, as the run file says.');
    expect(card).toContain(
      `| \`model.safetensors\` | the weights; any reader of safetensors opens them | \`${sha256(Buffer.from('weights'))}\` |`,
    );
  });

  it('names who was missing, and what the figures cannot say', () => {
    const card = modelCard(facts);
    expect(card).toContain('- hospital-d was missing since `train:0:8`: CSM-RUN-SITE-IDLE');
    expect(card).toContain('- No patient that it was not chosen by has judged it.');
    expect(card).toContain('Figures of fewer than 5 patients are withheld');
  });

  it('shows no figure that is no measure of the model', () => {
    const card = modelCard({ ...facts, view: exampleView({ caveat: 'Copies are tested.' }) });
    expect(card).toContain('**Copies are tested.** So none stands here.');
    expect(card).not.toContain('this model');
  });

  it('lets no text of a run file become markup', () => {
    expect(modelCard(facts)).toContain('A \\[link\\](x) to nowhere');
  });

  it('says so where nothing was judged, prepared or licensed', () => {
    const { licence: _, ...without } = facts.contract.runFile;
    const card = modelCard({
      ...facts,
      view: exampleView({ judged: [] }),
      contract: { ...facts.contract, runFile: without },
      features: null,
    });
    expect(card).toContain('The run has no judged round.');
    expect(card).toContain('The run ended before its features were settled.');
    expect(card).toContain('The run file names none');
  });

  it('tells a browser how to load it, or why it cannot', () => {
    expect(modelCard(facts)).toContain("tf.loadLayersModel('layers/model.json')");
    const card = modelCard({ ...facts, layers: 'No form in layers.' });
    expect(card).toContain('There is no layers model for browsers. No form in layers.');
    expect(card).not.toContain('loadLayersModel');
  });
});
