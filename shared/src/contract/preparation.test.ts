import { describe, expect, it } from 'vitest';
import { idOf, oversamplingOf, passesOf, preparationName, readRunFile, stepsOf } from './index.js';

const runOf = (preparation: string) =>
  readRunFile(`name: demo
model: { family: some-family, classes: [A, B] }
data: { kind: expression-table, label: subtype, files: { features: expression.csv } }
training: { rounds: 1, optimizer: { name: adam, rate: 1e-3 } }
${preparation}`);
const passes = (preparation: string) => {
  const run = runOf(preparation);
  return preparationName.options.flatMap((name) => Array.from({ length: passesOf(name, run) }, () => name));
};

describe('the preparation of a run', () => {
  it('is what it was where a run file asks for nothing new', () => {
    for (const text of ['', 'preparation: { impute: zero }', 'preparation: { impute: mean, scale: none }']) {
      expect(passes(text)).toEqual(['cohort', 'scale']);
    }
    expect(runOf('').preparation).toEqual({ impute: 'mean', scale: 'federated', clip: 10 });
  });

  it('asks for each step as often as it needs', () => {
    expect(passes('preparation: { select: { anova: 20 } }')).toEqual(['cohort', 'select', 'scale']);
    expect(passes('preparation: { impute: median }')).toEqual(['cohort', 'impute', 'impute', 'scale']);
    expect(passes('preparation: { harmonise: siteZ, impute: zero }')).toEqual(['cohort', 'scale']);
    expect(passes('preparation: { harmonise: siteZ }')).toEqual(['cohort', 'impute', 'scale']);
    expect(passes('preparation: { select: { variance: 9 }, harmonise: combat }')).toEqual([
      ...['cohort', 'select', 'impute', 'combat', 'combat', 'scale'],
    ]);
  });

  it('names its steps so that sites and journals can', () => {
    const ids = stepsOf(runOf('preparation: { select: { anova: 2 }, impute: median, harmonise: combat }')).map(idOf);
    expect(ids.slice(0, 7)).toEqual([
      ...['prepare:cohort:1', 'prepare:select:1', 'prepare:impute:1', 'prepare:impute:2'],
      ...['prepare:combat:1', 'prepare:combat:2', 'prepare:scale:1'],
    ]);
  });

  it('fills in how training samples are added, outside the contract', () => {
    expect(oversamplingOf(runOf('').preparation)).toBeNull();
    const { preparation } = runOf('preparation: { oversample: { method: smote } }');
    expect(preparation.oversample).toEqual({ method: 'smote' });
    expect(oversamplingOf(preparation)).toEqual({ method: 'smote', neighbours: 5 });
    const fewer = runOf('preparation: { oversample: { method: smote, neighbours: 3 } }');
    expect(oversamplingOf(fewer.preparation)).toEqual({ method: 'smote', neighbours: 3 });
  });

  it.each([
    'preparation: { select: { anova: 0 } }',
    'preparation: { select: { anova: 5, variance: 5 } }',
    'preparation: { select: 5 }',
    'preparation: { select: { anova: 5, above: 1 } }',
    'preparation: { select: { anova: 5, minimumShare: 2, above: 1 } }',
    'preparation: { harmonise: combat, impute: zero }',
    'preparation: { harmonise: limma }',
    'preparation: { oversample: { method: adasyn } }',
    'preparation: { oversample: { method: smote, neighbours: 0 } }',
  ])('refuses %s', (text) => {
    expect(() => runOf(text)).toThrow(expect.objectContaining({ code: 'CSM-RUNFILE-INVALID' }));
  });
});
