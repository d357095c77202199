import { describe, expect, it } from 'vitest';
import { canonicalBytes } from '../canonical.js';
import { verify } from '../crypto/index.js';
import { consortiumId, publicKey, stepId } from '../ids.js';
import {
  contractDomain,
  groupsOfStage,
  hasStageGroups,
  idOf,
  inputOf,
  openContract,
  readRunFile,
  stageOf,
  stagesOf,
  stepsOf,
  trainedGroups,
} from './index.js';
import old from './signed-before-stages.fixture.json' with { type: 'json' };

const base = `name: demo
model: { family: some-family, classes: [A, B] }
data: { kind: expression-table, label: subtype, files: { features: expression.csv } }
training:
  rounds: 2
  batchSize: 8
  proximal: 0.1
  optimizer: { name: adam, rate: 1e-3 }
`;
const staged = readRunFile(`${base}validation: { everyRounds: 2, choose: macroF1 }
stages:
  - { name: pretrain, rounds: 3, choose: loss, schedule: { name: cosine } }
  - { name: head, optimizer: { name: sgd, rate: 0.1 }, rates: { body/: 0.1 }, earlyStop: { patience: 2 } }
`);

describe('a contract that was signed before runs had stages', () => {
  it('is opened by its old signature, is the same bytes, and has the same steps', () => {
    const terms = openContract(Buffer.from(old.blob), {
      lead: publicKey.parse(old.lead),
      consortium: consortiumId.parse('c'.repeat(32)),
      now: new Date('2026-01-01T00:00:00Z'),
      verify,
    });
    expect(terms.format).toBe(contractDomain);
    expect(old.blob).toContain(Buffer.from(canonicalBytes(terms)).toString('utf8'));
    expect(stepsOf(terms.runFile).map(idOf)).toEqual(old.steps);
    expect(stagesOf(terms.runFile)).toEqual([
      {
        ...{ index: 0, name: 'train', rounds: 3, localEpochs: 1, batchSize: 32, classWeights: 'sqrt', choose: 'loss' },
        optimizer: { name: 'adam', rate: 0.001, weightDecay: 0 },
      },
    ]);
  });
});

describe('the stages of a run', () => {
  it('take from the run what they leave out', () => {
    const common = { localEpochs: 1, batchSize: 8, classWeights: 'none', proximal: 0.1 };
    expect(stagesOf(staged)).toEqual([
      {
        ...{ ...common, index: 0, name: 'pretrain', rounds: 3, choose: 'loss' },
        optimizer: { name: 'adam', rate: 0.001, weightDecay: 0 },
        schedule: { name: 'cosine', warmUp: 0, final: 0 },
      },
      {
        ...{ ...common, index: 1, name: 'head', rounds: 2, choose: 'macroF1', rates: { 'body/': 0.1 } },
        ...{ optimizer: { name: 'sgd', rate: 0.1, momentum: 0, weightDecay: 0 }, earlyStop: { patience: 2 } },
      },
    ]);
  });

  it('follow one another in its steps', () => {
    const ids = stepsOf(staged).map(idOf);
    expect(ids).toEqual([
      ...['prepare:cohort:1', 'prepare:scale:1', 'initial', 'train:0:1', 'train:0:2', 'validate:2'],
      ...['train:0:3', 'validate:3', 'initial:1', 'train:1:1', 'train:1:2', 'validate:1:2', 'test'],
    ]);
    expect(ids.every((id) => stepId.safeParse(id).success)).toBe(true);
    expect(stepsOf(staged).map((step) => stageOf(step, staged)?.name ?? null)).toEqual([
      ...[null, null],
      ...Array.from({ length: 6 }, () => 'pretrain'),
      ...Array.from({ length: 5 }, () => 'head'),
    ]);
  });

  it('stop early by rounds that are judged, or not at all', () => {
    const text = `${base}stages: [{ name: head, earlyStop: { patience: 1 } }]\nvalidation: { share: 0 }\n`;
    expect(() => readRunFile(text)).toThrow(expect.objectContaining({ code: 'CSM-RUNFILE-INVALID' }));
  });
});

describe('the groups of a run', () => {
  const data =
    '{ kind: expression-table, label: subtype, group: lineage, groups: [a, b, c, d], files: { features: e.csv } }';
  const withGroups = (stages: string, terms = data) =>
    readRunFile(`name: demo
model: { family: some-family, classes: [A, B] }
data: ${terms}
training: { rounds: 2, optimizer: { name: adam, rate: 1e-3 } }
stages: ${stages}
`);

  it('are looked at by every stage that names none', () => {
    for (const run of [staged, withGroups('[{ name: body }, { name: head }]')]) {
      expect(hasStageGroups(run)).toBe(false);
      expect(trainedGroups(run)).toBeNull();
      expect(stagesOf(run).map((stage) => groupsOfStage(run, stage))).toEqual([null, null]);
    }
  });

  it('are those that a stage names, and together where the same stages train on them', () => {
    const run = withGroups('[{ name: body, groups: [d, b, a] }, { name: body, groups: [b, a] }]');
    expect(stagesOf(run).map((stage) => groupsOfStage(run, stage))).toEqual([new Set([3, 1, 0]), new Set([1, 0])]);
    expect(trainedGroups(run)).toEqual([new Set([0, 1]), new Set([3])]);
    expect(trainedGroups(withGroups('[{ name: body, groups: [c] }, { name: head }]'))).toEqual([
      new Set([0, 1, 3]),
      new Set([2]),
    ]);
  });

  it.each([
    [
      'a group that no sample can be of',
      '[{ name: body, groups: [a, x] }]',
      data,
      5,
      /x is none of data.groups \(a, b, c, d\)/,
    ],
    ['a group twice', '[{ name: body, groups: [a, a] }]', data, 5, /each group once/],
    [
      'groups of a stage alone',
      '[{ name: body, groups: [a] }]',
      data.replace('group: lineage, groups: [a, b, c, d], ', ''),
      5,
      /none of data.groups/,
    ],
    ['groups without a column', '[{ name: body }]', data.replace('group: lineage, ', ''), 3, /needs data.group/],
    ['a column without groups', '[{ name: body }]', data.replace('groups: [a, b, c, d], ', ''), 3, /needs data.groups/],
    [
      'the label as group',
      '[{ name: body }]',
      data.replace('group: lineage', 'group: subtype'),
      3,
      /another column than label/,
    ],
  ])('are refused with %s, by line', (_, stages, terms, line, problem) => {
    const read = () => withGroups(stages, terms);
    expect(read).toThrow(
      expect.objectContaining({
        code: 'CSM-RUNFILE-INVALID',
        details: expect.objectContaining({ line, problem: expect.stringMatching(problem) }),
      }),
    );
  });
});

describe('inputOf', () => {
  it('is as wide as what preparation left', () => {
    expect(inputOf(staged, 12)).toEqual({ kind: 'rows', width: 12 });
  });
});
