import type { Random } from '../layers/index.js';
import { permutation, stream } from '../layers/index.js';
import { geneNames } from './gene-names.js';

/** A table as a file would hold it. */
export interface Table {
  readonly header: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

export interface SyntheticSite {
  readonly name: string;
  readonly patients: number;
  /** Share of each class here; need not sum to 1. Classes are met exactly, to rounding. */
  readonly classShares: readonly number[];
  /** SD of this site's own offset of each gene, in SDs of the gene: 0 is none, 1 as large as the spread of patients. */
  readonly shift: number;
}

export interface AmlCohortOptions {
  readonly seed: number;
  readonly sites: readonly SyntheticSite[];
  /** Number of genes. */
  readonly features: number;
  readonly classes: readonly string[];
  /** Genes raised by 2 SD in each class, each a marker of one class only. */
  readonly markersPerClass: number;
}

export interface AmlCohort {
  readonly metadata: { readonly synthetic: true; readonly description: string; readonly seed: number };
  /** The planted marker genes of each class. */
  readonly markers: readonly { readonly class: string; readonly genes: readonly string[] }[];
  readonly sites: readonly {
    readonly name: string;
    /** `sample`, then one column a gene: `log2(TPM + 1)`. */
    readonly expression: Table;
    /** `sample`, `site`, `subtype`, `synthetic`. */
    readonly samples: Table;
  }[];
}

/**
 * An invented AML cohort over several sites: genes with a mean and spread of their own, marker genes raised in their class, an
 * offset of each gene at each site, and classes shared out unevenly. Everything carries the word synthetic.
 * The same seed gives the same cohort; a site's patients do not depend on the other sites.
 */
export function amlCohort({ seed, sites, features, classes, markersPerClass }: AmlCohortOptions): AmlCohort {
  if (markersPerClass * classes.length > features) {
    throw new RangeError(
      `${features} genes are too few for ${markersPerClass} markers of ${classes.length} classes each`,
    );
  }
  const genes = geneNames(features);
  const biology = stream(seed, 'genes');
  const profile = genes.map(() => ({
    mean: between(biology, meanExpression),
    spread: between(biology, spreadOfExpression),
  }));
  const markerOf = plantMarkers(features, classes.length, markersPerClass, stream(seed, 'markers'));

  return {
    metadata: { synthetic: true, description: 'Invented patients of no hospital, for tests and demonstrations', seed },
    markers: classes.map((name, label) => ({
      class: name,
      genes: genes.filter((_, gene) => markerOf[gene] === label),
    })),
    sites: sites.map(({ name, patients, classShares, shift }) => {
      const random = stream(seed, 'site', name);
      const offsets = genes.map(() => shift * random.normal());
      const labels = shareOut(patients, classShares, classes.length, random);
      const digits = Math.max(4, String(patients).length);
      const sample = (index: number) => `synthetic-${name}-${String(index + 1).padStart(digits, '0')}`;
      return {
        name,
        expression: {
          header: ['sample', ...genes],
          rows: [...labels].map((label, index) => [
            sample(index),
            ...profile.map(({ mean, spread }, gene) => {
              const marked = markerOf[gene] === label ? markerShift : 0;
              return expressed(mean + spread * ((offsets[gene] ?? 0) + marked + random.normal()));
            }),
          ]),
        },
        samples: {
          header: ['sample', 'site', 'subtype', 'synthetic'],
          rows: [...labels].map((label, index) => [sample(index), name, classes[label] ?? '', 'true']),
        },
      };
    }),
  };
}

/** Raise of a marker gene in its class, in SDs of the gene. */
const markerShift = 2;
/** Ranges of a gene's mean and SD, log2(TPM + 1). */
const meanExpression = { low: 4, high: 9 };
const spreadOfExpression = { low: 0.6, high: 1.4 };
const decimals = 4;

/** `log2(TPM + 1)` is never below 0; four decimals, as files hold it. */
const expressed = (value: number) => Math.max(0, Number(value.toFixed(decimals)));

const between = (random: Random, { low, high }: { low: number; high: number }) => low + (high - low) * random.uniform();

/** For each gene the class that it marks, or −1. */
function plantMarkers(features: number, classes: number, perClass: number, random: Random): Int32Array {
  const marked = new Int32Array(features).fill(-1);
  permutation(features, random)
    .subarray(0, classes * perClass)
    .forEach((gene, index) => {
      marked[gene] = Math.floor(index / perClass);
    });
  return marked;
}

/** One label a patient in random order; class counts follow the shares by largest remainder. */
function shareOut(patients: number, shares: readonly number[], classes: number, random: Random): Int32Array {
  const total = shares.reduce((sum, share) => sum + share, 0);
  if (shares.length !== classes || !(total > 0) || shares.some((share) => share < 0)) {
    throw new RangeError(`classShares must hold ${classes} shares, none negative, not all 0`);
  }
  const exact = shares.map((share) => (patients * share) / total);
  const counts = exact.map(Math.floor);
  const missing = patients - counts.reduce((sum, count) => sum + count, 0);
  const byRemainder = [...exact.keys()].sort((a, b) => remainder(exact, b) - remainder(exact, a) || a - b);
  for (const label of byRemainder.slice(0, missing)) counts[label] = (counts[label] ?? 0) + 1;
  const ordered = counts.flatMap((count, label) => Array.from({ length: count }, () => label));
  return permutation(patients, random).map((index) => ordered[index] ?? 0);
}

const remainder = (values: readonly number[], index: number) => (values[index] ?? 0) % 1;
