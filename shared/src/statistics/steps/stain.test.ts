import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contract, passesOf, readRunFile } from '../../contract/index.js';
import { CodedError } from '../../errors/index.js';
import { checkStatistics, fittedStain, foldStatistics, type PreparationState } from '../index.js';

const run = readRunFile(`name: demo
model: { family: some-family, classes: [A, B] }
data: { kind: images, label: class, side: 8, files: { samples: cells.csv } }
training: { rounds: 3, optimizer: { name: adam, rate: 1e-3 } }
preparation: { image: { stain: federated } }
`);
const terms = contract.parse({
  ...{ format: 'consilium-contract-1', consortium: 'c'.repeat(32), run: 'a'.repeat(32) },
  ...{ notAfter: '2026-01-01T00:00:00Z', files: {}, runFile: run },
});
const state: PreparationState = {
  ...{ format: 'consilium-preparation-1', features: ['red', 'green', 'blue'], classCounts: [5, 5], samples: 10 },
  scale: null,
};
const asked = { contract: terms, state, pass: 1 };
const blobOf = (body: object, samples = 10) => ({
  bytes: Buffer.from(JSON.stringify({ format: 'consilium-stain-1', salt: 'A'.repeat(22), ...body })),
  samples,
});
const good = { n: 10, mean: [50, 10, -10], sd: [9, 3, 4] };
const codeOf = (call: () => unknown): string => {
  try {
    call();
    return 'none';
  } catch (thrown) {
    return thrown instanceof CodedError ? thrown.code : String(thrown);
  }
};

describe('the stain reference', () => {
  it('is the mean over all images, whoever holds them', () => {
    const value = (least: number, most: number) => fc.double({ min: least, max: most, noNaN: true });
    const image = fc.record({
      mean: fc.tuple(value(0, 100), value(-100, 100), value(-100, 100)),
      sd: fc.tuple(value(0, 50), value(0, 50), value(0, 50)),
    });
    const average = (images: readonly (readonly number[])[]) =>
      [0, 1, 2].map((channel) => images.reduce((sum, own) => sum + own[channel]! / images.length, 0));
    const site = fc.array(image, { minLength: 5, maxLength: 9 });
    fc.assert(
      fc.property(fc.array(site, { minLength: 1, maxLength: 4 }), (sites) => {
        const blobs = sites.map((images) => {
          const [mean, sd] = [average(images.map((own) => own.mean)), average(images.map((own) => own.sd))];
          return blobOf({ n: images.length, mean, sd });
        });
        const reference = fittedStain(foldStatistics('stain', blobs, asked));
        const pooled = average(
          sites
            .flat()
            .map(({ mean, sd }) => [...mean, ...sd])
            .map((six) => six.slice(0, 3)),
        );
        for (const [channel, mean] of reference.mean.entries()) expect(mean).toBeCloseTo(pooled[channel]!, 8);
      }),
    );
  });

  it('leaves out a site that withholds its own, and is refused where all do', () => {
    const none = blobOf({ n: 0, mean: [0, 0, 0], sd: [0, 0, 0] });
    expect(fittedStain(foldStatistics('stain', [none, blobOf(good)], asked))).toEqual({ mean: good.mean, sd: good.sd });
    expect(codeOf(() => foldStatistics('stain', [none, none], asked))).toBe('CSM-STATISTICS-NO-STAIN');
  });

  it.each([
    ['about too few images', { ...good, n: 4 }, 'CSM-STATISTICS-CELL'],
    ['of more images than the site signed', { ...good, n: 11 }, 'CSM-STATISTICS-INVALID'],
    ['of no images', { ...good, n: 0 }, 'CSM-STATISTICS-INVALID'],
    ['of a colour that there is not', { ...good, mean: [101, 0, 0] }, 'CSM-STATISTICS-INVALID'],
    ['of two channels', { ...good, sd: [1, 2] }, 'CSM-STATISTICS-INVALID'],
  ])('is refused %s', (_, body, code) => {
    expect(codeOf(() => checkStatistics('stain', blobOf(body), asked))).toBe(code);
  });

  it('is read or refused with a code, whatever the bytes', () => {
    const keys = fc.constantFrom('format', 'salt', 'n', 'mean', 'sd', 'other');
    const body = fc.dictionary(keys, fc.jsonValue()).map((own) => Buffer.from(JSON.stringify(own)));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), body), (bytes) => {
        expect(codeOf(() => checkStatistics('stain', { bytes, samples: 10 }, asked))).toMatch(
          /^(none|CSM-STATISTICS-)/,
        );
      }),
    );
  });

  it('is asked for once, and only where the run takes it from the sites', () => {
    const given = { mean: [50, 10, -10], sd: [9, 3, 4] } as const;
    expect(passesOf('stain', run)).toBe(1);
    expect(
      passesOf('stain', {
        ...run,
        preparation: { ...run.preparation, image: { stain: { mean: [...given.mean], sd: [...given.sd] } } },
      }),
    ).toBe(0);
    expect(passesOf('stain', { ...run, preparation: { impute: 'mean', scale: 'federated', clip: 10 } })).toBe(0);
  });
});

describe('a preparation of images', () => {
  const text = (preparation: string, kind = 'images') => `name: demo
model: { family: some-family, classes: [A, B] }
data: ${kind === 'images' ? '{ kind: images, label: class, side: 8, files: { samples: a.csv } }' : '{ kind: expression-table, label: class, files: { features: a.csv } }'}
training: { rounds: 3, optimizer: { name: adam, rate: 1e-3 } }
preparation: ${preparation}
`;
  it.each([
    ['{ select: { variance: 5 } }', 'preparation.select', 'images'],
    ['{ harmonise: siteZ }', 'preparation.harmonise', 'images'],
    ['{ impute: median }', 'preparation.impute', 'images'],
    ['{ oversample: { method: smote } }', 'preparation.oversample', 'images'],
    ['{ image: { clahe: { clip: 2, tiles: 9 } } }', 'preparation.image.clahe.tiles', 'images'],
    ['{ image: { median3: true } }', 'preparation.image', 'tables'],
  ])('has no place for %s', (preparation, path, kind) => {
    expect(() => readRunFile(text(preparation, kind))).toThrow(
      expect.objectContaining({ code: 'CSM-RUNFILE-INVALID', details: expect.objectContaining({ path }) }),
    );
  });

  it('may copy images of rare classes', () => {
    expect(readRunFile(text('{ oversample: { method: duplicate } }')).preparation.oversample).toBeDefined();
  });
});
