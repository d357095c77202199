import { permutation, type Random, stream } from '../layers/index.js';
import { type LabelledSamples, labelled } from '../samples/index.js';
import { geneNames } from './gene-names.js';

export interface InteractionSite {
  readonly name: string;
  readonly patients: number;
  /** How far each gene of this site lies elsewhere, in SDs of the gene: 0 is none. Its spread differs by a factor of up to e to this. */
  readonly shift: number;
}

export interface InteractionOptions {
  readonly seed: number;
  readonly sites: readonly InteractionSite[];
  /** Number of genes, at least three. */
  readonly genes: number;
}

export interface InteractionPatients {
  readonly metadata: { readonly synthetic: true; readonly description: string; readonly seed: number };
  readonly genes: readonly string[];
  /** The gene that decides, and the two that it decides about. */
  readonly planted: { readonly switch: string; readonly switched: readonly [string, string] };
  readonly sites: readonly {
    readonly name: string;
    /** Expression as each site measures it; `y` 1: responds. */
    readonly patients: LabelledSamples;
  }[];
}

/**
 * Invented patients whose response hangs on three genes together: `s·(a + b) > 0`, where s says whether a and b speak for a response or
 * against one. No gene tells anything by itself, so a model that adds genes up is right half of the time. Each site measures with an offset
 * and a spread of its own. The same seed gives the same patients; a site's do not depend on the other sites.
 */
export function interactions({ seed, sites, genes }: InteractionOptions): InteractionPatients {
  if (genes < 3) throw new RangeError(`an interaction of three genes among ${genes}`);
  const names = geneNames(genes);
  const [s = 0, a = 0, b = 0] = permutation(genes, stream(seed, 'interaction'));
  const nameOf = (gene: number) => names[gene] ?? '';
  return {
    metadata: { synthetic: true, description: 'Invented patients of no hospital, for tests and demonstrations', seed },
    genes: names,
    planted: { switch: nameOf(s), switched: [nameOf(a), nameOf(b)] },
    sites: sites.map(({ name, patients, shift }) => {
      const random = stream(seed, 'site', name);
      const measured = names.map(() => ({ offset: shift * random.normal(), spread: Math.exp(shift * swing(random)) }));
      const values = Float32Array.from({ length: patients * genes }, () => random.normal());
      const y = Int32Array.from({ length: patients }, (_, row) => {
        const of = (gene: number) => values[row * genes + gene] ?? 0;
        return of(s) * (of(a) + of(b)) > 0 ? 1 : 0;
      });
      const seen = values.map((value, index) => {
        const { offset, spread } = measured[index % genes] ?? { offset: 0, spread: 1 };
        return offset + spread * value;
      });
      return { name, patients: labelled({ kind: 'rows', rows: patients, width: genes, values: seen }, y) };
    }),
  };
}

/** Evenly from −1 to 1. */
const swing = (random: Random): number => 2 * random.uniform() - 1;
