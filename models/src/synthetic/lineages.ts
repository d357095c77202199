import type { Random } from '../layers/index.js';
import { permutation, stream } from '../layers/index.js';
import type { LabelledSamples } from '../samples/index.js';
import { geneNames } from './gene-names.js';

export interface Lineage {
  readonly name: string;
  /** SD of a cell's genes around their mean. */
  readonly noise: number;
  /** SD of what this lineage makes of each disease in its own way, beside the signature that all have in common. */
  readonly distortion: number;
}

export interface LineageSite {
  readonly name: string;
  readonly donors: number;
  /** Of each lineage. */
  readonly cellsPerDonor: number;
}

export interface LineageCellsOptions {
  readonly seed: number;
  readonly sites: readonly LineageSite[];
  readonly genes: number;
  readonly diseases: readonly string[];
  readonly lineages: readonly Lineage[];
}

export interface LineageCells {
  readonly metadata: { readonly synthetic: true; readonly description: string; readonly seed: number };
  readonly genes: readonly string[];
  /** The genes that each disease moves. */
  readonly moved: readonly { readonly disease: string; readonly genes: readonly string[] }[];
  readonly sites: readonly {
    readonly name: string;
    /** `y`: disease, `patients`: donor, `groups`: lineage; the cells of a donor lie together. */
    readonly cells: LabelledSamples;
  }[];
}

/** Lineages of which each is harder to tell a disease from than the one before. */
export const bloodLineages: readonly Lineage[] = [
  { name: 'progenitor', noise: 0.8, distortion: 0 },
  { name: 'monocyte', noise: 1, distortion: 0.5 },
  { name: 'lymphocyte', noise: 1.4, distortion: 0.9 },
];

/**
 * Invented single cells of several lineages and diseases: `ln(1 + x)` of a cell's counts. A disease raises and lowers genes alike in
 * all lineages; each lineage has a profile and noise of its own. Donors have one disease each, in turn. The same seed gives the same
 * cells; a site's do not depend on the other sites.
 */
export function lineageCells({ seed, sites, genes, diseases, lineages }: LineageCellsOptions): LineageCells {
  const names = geneNames(genes);
  const biology = stream(seed, 'biology');
  const drawn = (deviation: number) => Float32Array.from({ length: genes }, () => deviation * biology.normal());
  const base = Float32Array.from({ length: genes }, () => between(biology, meanExpression));
  const signatures = diseases.map(() => signature(genes, biology));
  const profiles = lineages.map((_, index) => drawn(index === 0 ? 0 : lineageSpread));
  const distortions = lineages.map(({ distortion }) => diseases.map(() => drawn(distortion)));

  const cellsOf = ({ name, donors, cellsPerDonor }: LineageSite): LabelledSamples => {
    const random = stream(seed, 'site', name);
    const rows = donors * lineages.length * cellsPerDonor;
    const [y, patients, groups] = [new Int32Array(rows), new Int32Array(rows), new Int32Array(rows)];
    const values = new Float32Array(rows * genes);
    let row = 0;
    for (let donor = 0; donor < donors; donor++) {
      const disease = donor % diseases.length;
      const own = Float32Array.from({ length: genes }, () => donorSpread * random.normal());
      for (const [lineage, { noise }] of lineages.entries()) {
        for (let cell = 0; cell < cellsPerDonor; cell++, row++) {
          [y[row], patients[row], groups[row]] = [disease, donor, lineage];
          for (let gene = 0; gene < genes; gene++) {
            const mean = [base, own, signatures[disease], profiles[lineage], distortions[lineage]?.[disease]];
            const level = mean.reduce((sum, part) => sum + (part?.[gene] ?? 0), noise * random.normal());
            values[row * genes + gene] = Math.max(0, level);
          }
        }
      }
    }
    return { rows, input: { kind: 'rows', rows, width: genes, values }, y, patients, groups, sides: {} };
  };
  return {
    metadata: { synthetic: true, description: 'Invented cells of no donor, for tests and demonstrations', seed },
    genes: names,
    moved: diseases.map((disease, index) => ({
      disease,
      genes: names.filter((_, gene) => signatures[index]?.[gene] !== 0),
    })),
    sites: sites.map((site) => ({ name: site.name, cells: cellsOf(site) })),
  };
}

/** Range of a gene's mean, ln(1 + x). */
const meanExpression = { low: 1.5, high: 3 };
/** SDs of a lineage's profile around the first one's, and of a donor's own. */
const lineageSpread = 0.5;
const donorSpread = 0.15;
/** Share of genes that a disease moves, and by how much. */
const signatureShare = 0.15;
const signatureShift = 1.2;

/** Moves some genes up and down, the others not. */
function signature(genes: number, random: Random): Float32Array {
  const moved = new Float32Array(genes);
  for (const gene of permutation(genes, random).subarray(0, Math.ceil(genes * signatureShare))) {
    moved[gene] = random.uniform() < 0.5 ? -signatureShift : signatureShift;
  }
  return moved;
}

const between = (random: Random, { low, high }: { low: number; high: number }) => low + (high - low) * random.uniform();
