import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

const module = new URL('training/figures.mjs', import.meta.url);

interface Figure {
  readonly value: string;
  readonly ratio?: number;
  readonly to?: string;
  readonly goal?: { readonly atMost: number };
}

const figuresOf = (...given: readonly unknown[]): readonly Figure[] => {
  const program = `import { figuresOf } from '${module}'; console.log(JSON.stringify(figuresOf(...${JSON.stringify(given)})));`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' });
  return JSON.parse(stdout);
};

const run = (stepMs: number, othersShare = 0) => ({
  ...{ stepMs: [stepMs], predictMs: [1], peakBytes: 2 ** 20, othersShare },
});

/** Figures of the autoencoder, whose goal on native is 1.2 times PyTorch. */
const figures = (native: ReturnType<typeof run>[], pytorch: ReturnType<typeof run>[]) =>
  figuresOf('autoencoder', { autoencoder: { native, pytorch } }, ['native', 'pytorch']);

describe('figures of training', () => {
  it('are medians over the rounds, with their ratio and goal', () => {
    const [, native] = figures([run(12), run(99), run(11)], [run(10), run(10), run(1)]);
    expect(native).toMatchObject({ value: '12.0 ms (11.0–99.0)', ratio: 1.2, to: 'pytorch', goal: { atMost: 1.2 } });
  });

  it.each([
    { where: 'ours', native: 0.5, pytorch: 0 },
    { where: 'the peer', native: 0, pytorch: 0.5 },
  ])('judge no goal where other programs held up $where', ({ native, pytorch }) => {
    const [, figure] = figures([run(12, native)], [run(10, pytorch)]);
    expect(figure).not.toHaveProperty('goal');
    expect(figure?.to).toMatch(/busy machine: ≤ 1.2× not judged/);
  });

  it('have neither ratio nor goal without a peer', () => {
    const all = figuresOf('autoencoder', { autoencoder: { native: [run(12)] } }, ['native']);
    expect(all.some((figure) => 'ratio' in figure || 'goal' in figure)).toBe(false);
  });
});
