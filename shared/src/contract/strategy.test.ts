import { describe, expect, it } from 'vitest';
import { canonicalBytes } from '../canonical.js';
import { CodedError } from '../errors/index.js';
import { leastSites, readRunFile, stagesOf, strategyText } from './index.js';

const file = (training: string, rest = '') => `name: demo
model: { family: some-family, classes: [A, B] }
data: { kind: expression-table, label: subtype, files: { features: expression.csv } }
training:
  rounds: 2
  optimizer: { name: adam, rate: 1e-3 }
${training}
${rest}`;
const read = (strategy: string) => readRunFile(file(`  strategy: ${strategy}`)).training.strategy;

function fault(text: string): CodedError {
  try {
    readRunFile(text);
  } catch (thrown) {
    if (thrown instanceof CodedError) return thrown;
    throw thrown;
  }
  throw new Error('the run file was read');
}

describe('the strategy of a run file', () => {
  it('is the one that contracts of before say, in their bytes', () => {
    const before = '{"name":"fedavg","normBound":1000000}';
    for (const strategy of ['{}', '{ name: fedavg }', '{ normBound: 1000000 }']) {
      expect(Buffer.from(canonicalBytes(read(strategy))).toString()).toBe(before);
    }
    const none = readRunFile(file('')).training.strategy;
    expect(Buffer.from(canonicalBytes(none)).toString()).toBe(before);
  });

  it('has settings of its own by name', () => {
    expect(read('{ name: fedadam, rate: 0.1 }')).toEqual({
      ...{ name: 'fedadam', normBound: 1e6, rate: 0.1, beta1: 0.9, beta2: 0.99, tau: 1e-3 },
    });
    expect(read('{ name: fedavg, clipNorm: 2 }')).toEqual({ name: 'fedavg', normBound: 1e6, clipNorm: 2 });
  });

  it.each([
    [
      '{ name: fedavgg }',
      'training.strategy.name',
      /^must be fedavg or fedprox or .*did you mean fedavg or fedavgm\?\)$/,
    ],
    ['{ name: fedavg, rate: 1 }', 'training.strategy.rate', /unknown setting/],
    ['{ name: fedprox }', 'training.strategy.mu', /is missing/],
    ['{ name: fedprox, mu: 0 }', 'training.strategy.mu', /more than 0/],
    ['{ name: fedavgm, momentum: 1 }', 'training.strategy.momentum', /less than 1/],
    ['{ name: fedavgm, rate: .inf }', 'training.strategy.rate', /number|at most/],
    ['{ name: fedadam, tau: .nan }', 'training.strategy.tau', /number/],
    ['{ name: fedadam, tau: 0 }', 'training.strategy.tau', /more than 0/],
    ['{ maximumShare: 1.5 }', 'training.strategy.maximumShare', /at most 1/],
    ['{ name: trimmed-mean }', 'training.strategy.faulty', /is missing/],
    ['{ name: bulyan, faulty: 1.5 }', 'training.strategy.faulty', /whole number/],
    ['{ name: multi-krum, faulty: 1, keep: 0 }', 'training.strategy.keep', /at least 1/],
    ['{ name: median, clipNorm: 1 }', 'training.strategy.clipNorm', /unknown setting/],
    ['{ clipNorm: -1 }', 'training.strategy.clipNorm', /more than 0/],
  ])('is refused as %s, with the line', (strategy, path, problem) => {
    const { code, details } = fault(file(`  strategy: ${strategy}`));
    expect(code).toBe('CSM-RUNFILE-INVALID');
    expect(details).toMatchObject({ path, line: 7 });
    expect(details.problem).toMatch(problem);
  });

  it('fedprox pulls in every stage, and is not set beside `proximal`', () => {
    const prox = '  strategy: { name: fedprox, mu: 0.3 }';
    const staged = 'stages: [{ name: one }, { name: two, rounds: 5 }]';
    expect(stagesOf(readRunFile(file(prox, staged))).map(({ proximal }) => proximal)).toEqual([0.3, 0.3]);
    expect(stagesOf(readRunFile(file('')))[0]).not.toHaveProperty('proximal');
    expect(fault(file(`${prox}\n  proximal: 0.3`)).details).toMatchObject({ path: 'training.proximal', line: 8 });
    const own = fault(file(prox, 'stages:\n  - { name: one }\n  - { name: two, proximal: 0 }'));
    expect(own.details).toMatchObject({ path: 'stages[1].proximal', line: 10 });
  });

  const plain = file('  strategy: { name: scaffold }').replace('name: adam', 'name: sgd');
  it('scaffold trains by plain gradient descent, and is told by its step', () => {
    const { strategy } = readRunFile(plain).training;
    expect(strategy).toEqual({ name: 'scaffold', normBound: 1e6, rate: 1 });
    expect(strategyText(strategy)).toBe('scaffold (rate 1)');
    expect(readRunFile(plain.replace('rate: 1e-3', 'rate: 1e-3, weightDecay: 0.1, momentum: 0'))).toBeDefined();
    const copies = `${plain}preparation: { oversample: { method: duplicate, when: beforeSplit } }`;
    expect(readRunFile(copies)).toBeDefined();
  });

  it.each([
    [file('  strategy: { name: scaffold }'), 'training.optimizer.name', /plain sgd/],
    [plain.replace('1e-3', '1e-3, momentum: 0.9'), 'training.optimizer.momentum', /momentum hides/],
    [`${plain}  schedule: { name: cosine }`, 'training.schedule', /one rate/],
    [`${plain}  rates: { head: 2 }`, 'training.rates', /one rate/],
    [`${plain}  gradientLimit: 1`, 'training.gradientLimit', /shortened/],
    [`${plain}  update: { codec: int8 }`, 'training.update.codec', /coding changes/],
    [`${plain}  proximal: 0.1`, 'training.proximal', /leave out one of the two/],
    [
      `${plain}stages: [{ name: one }, { name: two, optimizer: { name: adam, rate: 1 } }]`,
      'stages[1].optimizer.name',
      /plain sgd/,
    ],
    [`${plain}stages: [{ name: one, gradientLimit: 1 }]`, 'stages[0].gradientLimit', /shortened/],
    [`${plain}preparation: { oversample: { method: smote } }`, 'preparation.oversample', /signed/],
    [plain.replace('{ name: scaffold }', '{ name: scaffold, clipNorm: 1 }'), 'training.strategy.clipNorm', /unknown/],
    [plain.replace('{ name: scaffold }', '{ name: scaffold, rate: 0 }'), 'training.strategy.rate', /more than 0/],
  ])('scaffold is refused with what it has no place for (%#)', (text, path, problem) => {
    const { code, details } = fault(text);
    expect(code).toBe('CSM-RUNFILE-INVALID');
    expect(details).toMatchObject({ path });
    expect(details.problem).toMatch(problem);
  });

  it.each([
    ['{}', 1],
    ['{ name: median }', 1],
    ['{ name: trimmed-mean, faulty: 2 }', 5],
    ['{ name: multi-krum, faulty: 2 }', 7],
    ['{ name: multi-krum, faulty: 2, keep: 6 }', 10],
    ['{ name: bulyan, faulty: 2 }', 11],
  ])('needs sites: %s, %i', (strategy, sites) => {
    expect(leastSites(read(strategy))).toBe(sites);
  });

  it('is told in a few words', () => {
    expect(strategyText(read('{}'))).toBe('fedavg');
    expect(strategyText(read('{ name: fedavgm }'))).toBe('fedavgm (rate 1, momentum 0.9)');
  });
});
