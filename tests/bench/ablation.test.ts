import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

const at = (name: string) => JSON.stringify(new URL(name, import.meta.url).href);
const play = (program: string) =>
  spawnSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' });
const ablation = (...words: readonly string[]) =>
  play(
    `import { optionsOf } from ${at('ablation.options.mjs')}; console.log(JSON.stringify(optionsOf(${JSON.stringify(words)})));`,
  );

describe('ablation bench', () => {
  it('takes rows by words of their names', () => {
    const rows = ['--row', 'heads 4', '--row', 'threshold'];
    const { stdout } = ablation('--family', 'blood-autoencoder', '--table', 'lanes', ...rows, '--rounds', '2');
    expect(JSON.parse(stdout)).toMatchObject({
      tables: [{ name: 'lanes', rows: [{ name: 'transformer, heads 4' }, ...Array(5).fill({})] }],
      ...{ seeds: [7, 8, 9], rounds: 2, test: false, backend: 'wasm' },
    });
  });

  it('changes nothing but settings of the run file, each of which the family knows', () => {
    const { stdout, stderr } = play(`
      import { blueprintOf } from '@consilium/models/families';
      import { readRunFile, stagesOf } from '@consilium/shared/contract';
      import { changed } from ${at('ablation.rows.mjs')};
      import { tables } from ${at('ablation.tables.mjs')};
      const known = { images: { kind: 'images', side: 32 }, rows: { kind: 'rows', width: 500 } };
      const counts = {};
      for (const [family, own] of Object.entries(tables)) {
        for (const [name, { run, rows }] of Object.entries(own)) {
          const base = readRunFile(run);
          const all = rows.map(({ changes }) => changed(base, changes, 1));
          for (const { model, data, stages, training, ...rest } of all) {
            const input = data.kind === 'images' ? known.images : known.rows;
            for (const { name: stage } of stagesOf({ model, data, training, ...rest, ...(stages && { stages }) })) {
              blueprintOf({ ...model, classes: model.classes.length, input, stage });
            }
          }
          counts[name] = new Set(all.map((one) => JSON.stringify(one))).size;
        }
      }
      console.log(JSON.stringify(counts));`);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({ losses: 20, normalisation: 16, split: 2, interferon: 15, lanes: 15 });
  });

  it.each([
    ['no family', [], /"" is not known/],
    ['a family without tables', ['--family', 'amu'], /"amu" is not known/],
    ['a table of another family', ['--family', 'vgg19-mhsa', '--table', 'lanes'], /"lanes" is not known/],
    ['words of no row', ['--family', 'vgg19-mhsa', '--row', 'nope'], /"nope" is not known/],
    ['rounds that are no number', ['--family', 'vgg19-mhsa', '--rounds', 'x'], /"x" is not known/],
    ['a backend that it does not take', ['--family', 'vgg19-mhsa', '--backend', 'cpu'], /"cpu" is not known/],
  ])('answers %s with its usage', (_, options, said) => {
    const { status, stderr, stdout } = ablation(...options);
    expect(status).toBe(2);
    expect(stderr).toMatch(said);
    expect(stderr).toMatch(/--family FAMILY/);
    expect(stderr).not.toMatch(/ at file:/);
    expect(stdout).toBe('');
  });
});
