import { layoutElements } from '@consilium/shared/weights';
import { describe, expect, it } from 'vitest';
import { isTrained, type Parameter, scoped } from '../../layers/index.js';
import { parseOptions } from './config.js';
import counts from './counts.fixture.json' with { type: 'json' };
import { genbloom } from './index.js';
import { genbloomParameters, type Stage } from './network.js';
import type { Shape } from './shape.js';

const paper: Shape = {
  ...{ features: 768, bits: { karyotype: 2748, mutations: 25 }, classes: 5 },
  options: parseOptions('paper', {}),
};
const small: Shape = {
  ...{ features: 32, bits: { karyotype: 24, mutations: 6 }, classes: 3 },
  options: parseOptions('small', {}),
};
const withOptions = (shape: Shape, options: Record<string, string | number>): Shape => ({
  ...shape,
  options: parseOptions(shape.options.preset, options),
});

/** Weights of a stage under a name, moving averages apart. */
const countOf = (shape: Shape, stage: Stage, prefix: string): number =>
  layoutElements(
    genbloomParameters(shape, stage).filter(({ name, role }) => name.startsWith(prefix) && role !== 'statistics'),
  );

describe('the parameter counts', () => {
  const { full_768_6x12: full, small_F32_d32_L2_m2: little } = counts;

  it.each([
    ['embedding', 'student/aggregator/embed/', full.featureEmbed, little.featureEmbed],
    ['the patient’s token', 'student/aggregator/cls', full.clsToken, little.clsToken],
    ['mask token', 'student/aggregator/mask', full.maskToken, little.maskToken],
    ['a block', 'student/aggregator/block1/', full.blockEach, little.blockEach],
    ['all blocks', 'student/aggregator/block', full.blocks, little.blocks],
    ['final normalisation', 'student/aggregator/norm', full.finalLn, little.finalLn],
    ['the student', 'student/aggregator/', full.total, little.total],
    ['the teacher', 'aggregator/', full.total, little.total],
    ['its head', 'head/', counts.selfDistillHeadReduced_K4096.total, counts.smallHead_64_16_K64.total],
  ])('of self-distillation are the published ones: %s', (_, prefix, ofPaper, ofSmall) => {
    expect(countOf(paper, 'pretrain', prefix)).toBe(ofPaper);
    expect(countOf(small, 'pretrain', prefix)).toBe(ofSmall);
  });

  it('of a head of 65,536 prototypes are the published ones', () => {
    const wide = withOptions(paper, { prototypes: 65_536 });
    expect(countOf(wide, 'pretrain', 'head/')).toBe(counts.selfDistillHeadFull_K65536.total);
  });

  it.each([
    ['aggregator/', full.total, little.total],
    ['projection/', counts.imageProjection_768_64_128, counts.smallProjection_32_16_16],
    ['karyotype/encoder/', counts.karyotypeEncoder_2748_256_128, counts.smallKaryotypeEncoder_24_16_16],
    ['karyotype/decoder/', counts.karyotypeDecoder_128_256_2748, counts.smallKaryotypeDecoder_16_16_24],
    ['mutations/encoder/', counts.mutationEncoder_25_64_128, counts.smallMutationEncoder_6_16_16],
    ['mutations/decoder/', counts.mutationDecoder_128_64_25, counts.smallMutationDecoder_16_16_6],
  ])('of alignment are the published ones: %s', (prefix, ofPaper, ofSmall) => {
    expect(countOf(paper, 'align', prefix)).toBe(ofPaper);
    expect(countOf(small, 'align', prefix)).toBe(ofSmall);
    expect(countOf(withOptions(paper, { projectionNorm: 'layer' }), 'align', prefix)).toBe(ofPaper);
  });

  it('of the probe are one linear layer beside the aggregator', () => {
    expect(countOf(paper, 'probe', 'classifier/')).toBe(768 * 5 + 5);
    expect(countOf(paper, 'probe', 'aggregator/')).toBe(full.total);
  });
});

describe('what a stage shares', () => {
  const names = (parameters: readonly Parameter[]) => parameters.map(({ name }) => name);
  const elements = (shape: Shape, stage: Stage, scope: 'shared' | 'local' | 'frozen') =>
    layoutElements(scoped(genbloomParameters(shape, stage), scope));

  it('of the probe is the linear layer alone', () => {
    expect(names(scoped(genbloomParameters(small, 'probe'), 'shared'))).toEqual([
      'classifier/kernel',
      'classifier/bias',
    ]);
    expect(elements(small, 'probe', 'frozen')).toBe(counts.small_F32_d32_L2_m2.total);
  });

  it('of alignment is by its scope all of the aggregator, its last block, or none', () => {
    const shared = (trainScope: string) => {
      const parameters = genbloomParameters(withOptions(paper, { trainScope }), 'align');
      return layoutElements(scoped(parameters, 'shared').filter(({ name }) => name.startsWith('aggregator/')));
    };
    const { total, maskToken, blockEach, finalLn } = counts.full_768_6x12;
    expect(shared('all')).toBe(total - maskToken);
    expect(shared('lastBlock')).toBe(blockEach + finalLn);
    expect(shared('heads')).toBe(0);
  });

  it('of alignment leaves out batch normalisations, unless it is asked to average them', () => {
    const batches = 16 * 3;
    expect(elements(small, 'align', 'local')).toBe(4 * batches);
    expect(names(scoped(genbloomParameters(small, 'align'), 'local')).every((name) => name.includes('/norm/'))).toBe(
      true,
    );
    expect(elements(withOptions(small, { projectionNorm: 'batchShared' }), 'align', 'local')).toBe(0);
    expect(elements(withOptions(small, { projectionNorm: 'layer' }), 'align', 'local')).toBe(0);
  });

  it('of self-distillation is student, teacher and centres; the teacher is moved by no gradient', () => {
    const parameters = genbloomParameters(small, 'pretrain');
    expect(parameters.filter(isTrained).every(({ name }) => name.startsWith('student/'))).toBe(true);
    expect(names(scoped(parameters, 'frozen'))).toEqual(['student/head/prototypes/gain', 'head/prototypes/gain']);
    expect(parameters.filter(({ role }) => role === 'averaged').map(({ scope = 'shared' }) => scope)).toContain(
      'shared',
    );
  });

  it('goes with the modalities there are', () => {
    const names = genbloomParameters({ ...small, bits: { mutations: 6 } }, 'align').map(({ name }) => name);
    expect(names.some((name) => name.startsWith('mutations/'))).toBe(true);
    expect(names.some((name) => name.startsWith('karyotype/'))).toBe(false);
    const blueprint = { input: { kind: 'bags', width: 32, sides: {} }, classes: 3, options: small.options } as const;
    expect(() => genbloom.parameters({ ...blueprint, stage: 'align' })).toThrow(
      expect.objectContaining({ code: 'CSM-MODEL-INPUT' }),
    );
    expect(genbloom.parameters({ ...blueprint, stage: 'probe' }).length).toBeGreaterThan(0);
  });
});

describe('a lead is warned', () => {
  const said = (stage: string, projectionNorm: string) => {
    const options = parseOptions('small', { projectionNorm });
    const input = { kind: 'bags', width: 32, sides: { mutations: 6 } } as const;
    return genbloom.warnings?.({ input, classes: 3, options, stage }).length;
  };

  it('that batch normalisations are averaged over sites, where they are', () => {
    expect(said('align', 'batchShared')).toBe(1);
    expect(said('align', 'batchLocal')).toBe(0);
    expect(said('probe', 'batchShared')).toBe(0);
  });
});
