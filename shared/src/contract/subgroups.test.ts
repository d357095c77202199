import { describe, expect, it } from 'vitest';
import { bandNames, bandOf, readRunFile } from './index.js';

const runOf = (subgroups: string, data = '') =>
  readRunFile(`name: demo
model: { family: some-family, classes: [A, B] }
data: { kind: expression-table, label: subtype, ${data} files: { features: expression.csv } }
training: { rounds: 2, optimizer: { name: adam, rate: 1e-3 } }
validation:
  subgroups: ${subgroups}
`);

describe('bands of a number', () => {
  it('are named as ages are where their edges are whole', () => {
    expect(bandNames([18, 40, 65])).toEqual(['under 18', '18 to 39', '40 to 64', '65 and over']);
    expect(bandNames([1, 2])).toEqual(['under 1', '1', '2 and over']);
    expect(bandNames([50])).toEqual(['under 50', '50 and over']);
  });

  it('say where they end where their edges are not', () => {
    expect(bandNames([0.5, 7])).toEqual(['under 0.5', '0.5 to under 7', '7 and over']);
  });

  it('hold their lower edge', () => {
    expect([17.9, 18, 39.9, 40, 64, 65, 200].map((age) => bandOf(age, [18, 40, 65]))).toEqual([0, 1, 1, 2, 2, 3, 3]);
  });
});

describe('subgroups of a run file', () => {
  it('are columns, with bands or without', () => {
    const list = [{ column: 'sex' }, { column: 'age', bands: [18, 40, 65] }];
    expect(runOf('[{ column: sex }, { column: age, bands: [18, 40, 65] }]').validation.subgroups).toEqual(list);
  });

  it('are none where none is named', () => {
    expect(
      readRunFile(`name: demo
model: { family: some-family, classes: [A, B] }
data: { kind: expression-table, label: subtype, files: { features: expression.csv } }
training: { rounds: 2, optimizer: { name: adam, rate: 1e-3 } }
`).validation,
    ).not.toHaveProperty('subgroups');
  });

  it.each([
    ['falling bands', '[{ column: age, bands: [40, 18] }]', '[0].bands', /must rise/],
    ['one edge twice', '[{ column: age, bands: [18, 18] }]', '[0].bands', /must rise/],
    ['no edge', '[{ column: age, bands: [] }]', '[0].bands', /./],
    ['an edge that is a word', '[{ column: age, bands: [young] }]', '[0].bands[0]', /number/],
    ['a column twice', '[{ column: sex }, { column: sex, bands: [1] }]', '', /each column once/],
    ['no column', '[{ bands: [18] }]', '[0].column', /./],
    ['the label', '[{ column: subtype }]', '[0].column', /subtype is the label/],
    ['the id', '[{ column: sample }]', '[0].column', /sample names samples/],
    ['an empty list', '[]', '', /./],
  ])('are refused with %s', (_, list, path, problem) => {
    expect(() => runOf(list)).toThrow(
      expect.objectContaining({
        code: 'CSM-RUNFILE-INVALID',
        details: expect.objectContaining({
          path: `validation.subgroups${path}`,
          line: 6,
          problem: expect.stringMatching(problem),
        }),
      }),
    );
  });

  it('are refused with what tells patients and groups already', () => {
    const data = 'patient: person, group: lineage, groups: [x],';
    expect(() => runOf('[{ column: person }]', data)).toThrow(/person names patients/);
    expect(() => runOf('[{ column: lineage }]', data)).toThrow(/lineage is told by data.groups already/);
  });
});
