import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

const module = new URL('quality.options.mjs', import.meta.url);
/** The options alone, without the models behind them. */
const quality = (...words: readonly string[]) => {
  const program = `import { optionsOf } from '${module}'; console.log(JSON.stringify(optionsOf(${JSON.stringify(words)})));`;
  return spawnSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' });
};

describe('quality bench', () => {
  it('reads settings as paths with values', () => {
    const { stdout } = quality('--task', 'acute-leukemia', '--seeds', '1,2', '--set', 'a.b=0.5', '--set', 'c=word');
    expect(JSON.parse(stdout)).toMatchObject({
      task: ['acute-leukemia'],
      seeds: [1, 2],
      test: false,
      changes: [
        { path: ['a', 'b'], value: 0.5 },
        { path: ['c'], value: 'word' },
      ],
    });
  });

  it.each([
    ['a task that is no example', ['--task', 'nope'], /"nope" is not known/],
    ['a setting without a value', ['--set', 'training.rounds'], /"training.rounds" is not known/],
    ['a seed that is no whole number', ['--seeds', '7,x'], /"7,x" is not known/],
    ['an unknown option', ['--tests'], /--tests/],
  ])('answers %s with its usage', (_, options, said) => {
    const { status, stderr, stdout } = quality(...options);
    expect(status).toBe(2);
    expect(stderr).toMatch(said);
    expect(stderr).toMatch(/--only SETTING/);
    expect(stderr).not.toMatch(/ at file:/);
    expect(stdout).toBe('');
  });
});
