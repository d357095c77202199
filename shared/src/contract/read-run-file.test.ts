import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CodedError } from '../errors/index.js';
import { readRunFile } from './read-run-file.js';
import { runFile } from './run-file.js';

const minimal = `name: demo
model:
  family: attention-aml
  classes: [A, B]
data:
  kind: expression-table
  label: subtype
  files: { features: expression.csv }
training:
  rounds: 3
  optimizer: { name: adam, rate: 1e-3 }
`;

function refusal(text: string, fileName?: string): CodedError {
  try {
    readRunFile(text, fileName);
  } catch (thrown) {
    if (thrown instanceof CodedError) return thrown;
    throw thrown;
  }
  throw new Error('the run file was read');
}

describe('readRunFile', () => {
  it('fills defaults in, and reading the result again changes nothing', () => {
    const read = readRunFile(minimal);
    expect(read.validation).toMatchObject({ share: 0.15, minimumCell: 5, minimumCohort: 5 });
    expect(read.preparation).toEqual({ impute: 'mean', scale: 'federated', clip: 10 });
    expect(runFile.parse(runFile.parse(read))).toEqual(read);
  });

  const faults: readonly (readonly [string, string, { line: number; path: string; problem: RegExp }])[] = [
    [
      'a wrong type',
      minimal.replace('rounds: 3', 'rounds: three'),
      { line: 10, path: 'training.rounds', problem: /^must be a number$/ },
    ],
    [
      'a fraction for a count',
      minimal.replace('rounds: 3', 'rounds: 2.5'),
      { line: 10, path: 'training.rounds', problem: /^must be a whole number$/ },
    ],
    [
      'a number out of range',
      minimal.replace('rounds: 3', 'rounds: 0'),
      { line: 10, path: 'training.rounds', problem: /at least 1/ },
    ],
    [
      'a missing setting',
      minimal.replace('  label: subtype\n', ''),
      { line: 5, path: 'data.label', problem: /^is missing$/ },
    ],
    ['a missing block', 'name: demo\n', { line: 1, path: 'model', problem: /^is missing \(and 2 more problems\)$/ }],
    [
      'a misspelt setting',
      minimal.replace('rounds: 3', 'rounds: 3\n  bachSize: 8'),
      { line: 11, path: 'training.bachSize', problem: /^unknown setting \(did you mean batchSize\?\)$/ },
    ],
    ['a strange setting', `${minimal}zzz: 1\n`, { line: 12, path: 'zzz', problem: /^unknown setting$/ }],
    [
      'an unknown optimizer',
      minimal.replace('name: adam', 'name: adamm'),
      { line: 11, path: 'training.optimizer.name', problem: /did you mean adam|not valid|must be/ },
    ],
    [
      'a misspelt transform',
      minimal.replace('  label', '  transforms:\n    - log1p: all\n    - lgo1p: [WBC]\n  label'),
      { line: 9, path: 'data.transforms[1].lgo1p', problem: /did you mean log1p/ },
    ],
    [
      'a fault inside a transform',
      minimal.replace('  label', '  transforms:\n    - unit: { column: X, below: 5 }\n  label'),
      { line: 8, path: 'data.transforms[0].unit.multiplyBy', problem: /is missing/ },
    ],
    [
      'a transform of a column that is no feature',
      minimal.replace('  label', '  features: [A, B]\n  transforms: [{ log1p: [A, C] }]\n  label'),
      { line: 8, path: 'data.transforms[0]', problem: /names C/ },
    ],
    [
      'the label among the features',
      minimal.replace('  label', '  features: [A, subtype]\n  label'),
      { line: 7, path: 'data.features', problem: /must not list subtype, the label/ },
    ],
    [
      'images without a table of samples',
      minimal.replace(
        /data:[\s\S]*?(?=training:)/,
        'data: { kind: images, label: x, side: 8, files: { features: a.csv } }\n',
      ),
      { line: 5, path: 'data.files.samples', problem: /is missing/ },
    ],
    [
      'images whose class is their file name',
      minimal.replace(
        /data:[\s\S]*?(?=training:)/,
        'data: { kind: images, label: file, side: 8, files: { samples: a.csv } }\n',
      ),
      { line: 5, path: 'data.file', problem: /another column than label/ },
    ],
    [
      'a class twice',
      minimal.replace('[A, B]', '[A, A]'),
      { line: 4, path: 'model.classes', problem: /each class once/ },
    ],
    [
      'features that are neither word nor list',
      minimal.replace('  label', '  features: 5\n  label'),
      { line: 7, path: 'data.features', problem: /common.*a list.*a block/ },
    ],
    [
      'a file in another folder',
      minimal.replace('expression.csv', '../expression.csv'),
      { line: 8, path: 'data.files.features', problem: /a file name without folders/ },
    ],
    ['a YAML syntax fault', minimal.replace('[A, B]', '[A, B'), { line: 5, path: 'the YAML text', problem: /./ }],
    ['a key twice', `${minimal}name: again\n`, { line: 12, path: 'the YAML text', problem: /unique/i }],
    [
      'a tag that runs code elsewhere',
      minimal.replace('name: demo', 'name: !!js/function "x"'),
      { line: 1, path: 'the YAML text', problem: /tag/i },
    ],
    [
      'a reference without an anchor',
      minimal.replace('demo', '*nowhere'),
      { line: 1, path: 'the YAML text', problem: /alias/i },
    ],
    ['an empty text', '', { line: 1, path: 'the whole file', problem: /./ }],
    ['endless nesting', '['.repeat(100_000), { line: 1, path: 'the YAML text', problem: /./ }],
  ];
  it.each(faults)('names line, path and problem of %s', (_, text, expected) => {
    const { code, details } = refusal(text, 'demo.yaml');
    expect({ code, file: details.file, line: details.line, path: details.path }).toEqual({
      code: 'CSM-RUNFILE-INVALID',
      file: 'demo.yaml',
      line: expected.line,
      path: expected.path,
    });
    expect(details.problem).toMatch(expected.problem);
  });

  it('names the first of several faults by line and counts the others', () => {
    const text = minimal.replace('family: attention-aml', 'family: 7').replace('rounds: 3', 'rounds: -1');
    const error = refusal(text);
    expect(error.message).toBe('The run file is not valid at line 3, model.family: must be text (and 1 more problem).');
  });

  it('gives a run file or a coded error for any text', () => {
    const keys = [
      'name',
      'model',
      'data',
      'training',
      'classes',
      'transforms',
      'log1p',
      'seed',
      '- ',
      ': ',
      '\n',
      '  ',
      '{',
      '}',
      '[',
      ']',
      '*a',
      '&a',
      '!!x',
      '<<',
      '__proto__',
      "'",
      '"',
      '|',
      '%',
      '1e400',
      '.nan',
    ];
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.constantFrom(...keys)).map((parts) => parts.join('')),
      fc
        .tuple(fc.nat(minimal.length), fc.nat(20), fc.constantFrom(...keys))
        .map(([at, cut, insert]) => minimal.slice(0, at) + insert + minimal.slice(at + cut)),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          const read = readRunFile(text);
          expect(runFile.parse(read)).toEqual(read);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(CodedError);
          expect(String(thrown)).not.toMatch(/line \?|, \?:|: \?\.|undefined/);
        }
      }),
      { numRuns: 500 },
    );
  });
});
