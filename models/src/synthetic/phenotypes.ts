import { permutation, type Random, stream } from '../layers/index.js';
import { type LabelledSamples, labelled, type Side, startsOf } from '../samples/index.js';

export interface PhenotypeOptions {
  /** Of the biology: the same for all sites of a study. */
  readonly seed: number;
  /** Name of the site: its patients follow from it and the seed. */
  readonly site: string;
  readonly patients: number;
  /** Cells of each bag. */
  readonly cells: number;
  /** Width of a cell's features. */
  readonly width: number;
  /** Of these bits each alteration brings every sixth. */
  readonly karyotypeBits: number;
  readonly mutationBits: number;
  /** How far smears differ by stain and scanner, which move all cells of one along a few directions; 0: not at all. */
  readonly smear: number;
  /** Share of patients without any karyotype, and of those without any mutation test. */
  readonly untested: number;
}

/**
 * Invented smears for tests: each patient has one of three alterations (its class), which shows in karyotype and mutations and makes one
 * of three kinds of cells more frequent in the bag. What a smear adds to all its cells is no sign of anything.
 */
export function phenotypes(options: PhenotypeOptions): LabelledSamples {
  const { seed, site, patients, cells, width, karyotypeBits, mutationBits, smear } = options;
  const biology = stream(seed, 'phenotypes');
  const kinds = alterations.map(() => drawn(width, biology, kindDeviation));
  const stains = Array.from({ length: stainDirections }, () => drawn(width, biology, smear));
  const random = stream(seed, 'smears', site);
  const y = permutation(patients, random).map((place) => place % alterations.length);
  const values = new Float32Array(patients * cells * width);
  y.forEach((alteration, patient) => {
    const amounts = stains.map(() => random.normal());
    for (let cell = 0; cell < cells; cell++) {
      const kind =
        kinds[random.uniform() < raised ? alteration : random.integer(kinds.length)] ?? new Float32Array(width);
      const start = (patient * cells + cell) * width;
      for (let column = 0; column < width; column++) {
        const stain = stains.reduce((sum, direction, index) => sum + direction[column]! * amounts[index]!, 0);
        values[start + column] = kind[column]! + stain + random.normal();
      }
    }
  });
  const starts = startsOf(Array.from(y, () => cells));
  return {
    ...labelled({ kind: 'bags', rows: patients, width, starts, values }, y),
    sides: {
      karyotype: findings(y, karyotypeBits, options.untested, random),
      mutations: findings(y, mutationBits, options.untested, random),
    },
  };
}

const alterations = [0, 1, 2];
/** SD of a kind's mean in each feature, in SDs of a cell. */
const kindDeviation = 1;
const stainDirections = 3;
/** Share of a bag that is of its alteration's kind, beside that kind's third of the rest. */
const raised = 0.4;
/** How often a bit is there that no alteration brings. */
const strayShare = 0.03;

const drawn = (width: number, random: Random, deviation: number): Float32Array =>
  Float32Array.from({ length: width }, () => deviation * random.normal());

/** Each alteration brings the bits whose number leaves it when divided by 6: half of all bits are never brought. */
function findings(y: Int32Array, width: number, untested: number, random: Random): Side {
  const values = new Float32Array(y.length * width);
  y.forEach((alteration, patient) => {
    const tested = random.uniform() >= untested;
    for (let bit = 0; bit < width; bit++) {
      const there = bit % (2 * alterations.length) === alteration || random.uniform() < strayShare;
      values[patient * width + bit] = tested ? Number(there) : Number.NaN;
    }
  });
  return { width, values };
}
