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
    expect(figure?.to).toBe('pytorch, busy machine: ≤ 1.2× not judged');
  });

  it('mark every ratio of times from a busy machine', () => {
    const times = figures([run(12, 0.5)], [run(10)]).filter(({ value, ratio }) => value.endsWith('ms') && ratio);
    expect(times).toHaveLength(2);
    expect(times.every(({ to }) => to?.includes('busy machine'))).toBe(true);
  });

  it('hold a network with dropout against PyTorch without it, too', () => {
    const results = { amu: { native: [run(13)], pytorch: [run(20)] }, amu0: { native: [run(9)], pytorch: [run(10)] } };
    const all = figuresOf('amu', results, ['native', 'pytorch']);
    expect(all).toContainEqual(expect.objectContaining({ ratio: 0.65, to: 'pytorch', goal: { atMost: 0.9 } }));
    expect(all).toContainEqual(expect.objectContaining({ ratio: 1.3, to: 'pytorch, amu0', goal: { atMost: 1.5 } }));
  });

  it('have neither ratio nor goal without a peer', () => {
    const all = figuresOf('autoencoder', { autoencoder: { native: [run(12)] } }, ['native']);
    expect(all.some((figure) => 'ratio' in figure || 'goal' in figure)).toBe(false);
  });
});
