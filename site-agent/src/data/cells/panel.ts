import { type Contract, featureList, transformedColumns } from '@consilium/shared/contract';
import { fail } from '@consilium/shared/errors';
import { checkMissing } from '@consilium/shared/statistics';
import { didYouMean } from '@consilium/shared/yaml';

/** The genes of a cohort. */
export interface GenePanel {
  /** The contract's list as listed, or all genes of the site, sorted. */
  readonly features: readonly string[];
  /** Listed genes that the site has not. */
  readonly missing: number;
  /** What its first file holds. */
  readonly first: { readonly file: string; readonly genes: ReadonlySet<string> };
}

/** @throws CSM-DATA-MISSING-FEATURES, CSM-DATA-NO-FEATURES, CSM-DATA-COLUMN for a transform of a gene that is not there */
export function panelOf(contract: Contract, genes: readonly string[], file: string): GenePanel {
  const { data } = contract.runFile;
  const known = new Set(genes);
  const first = { file, genes: known };
  const listed = featureList(contract);
  if (listed !== null) {
    const missing = listed.filter((gene) => !known.has(gene)).length;
    if ('missingFeatures' in data) checkMissing(missing, listed.length, data.missingFeatures);
    return { features: listed, missing, first };
  }
  const features = genes.filter((gene) => gene !== '').sort();
  if (features.length === 0) fail('CSM-DATA-NO-FEATURES', { file });
  const named = 'transforms' in data ? transformedColumns(data.transforms) : [];
  const stray = named.find((gene) => !known.has(gene));
  if (stray !== undefined) fail('CSM-DATA-COLUMN', { file, column: stray, near: didYouMean(stray, features) });
  return { features, missing: 0, first };
}

/** @throws CSM-DATA-COLUMNS-DIFFER where a further file has other genes than the first */
export function refuseOtherGenes({ first }: GenePanel, genes: readonly string[], file: string): void {
  const own = new Set(genes);
  const lacking = [...first.genes].find((gene) => !own.has(gene));
  const extra = genes.find((gene) => !first.genes.has(gene));
  if (lacking !== undefined) fail('CSM-DATA-COLUMNS-DIFFER', { file, other: first.file, column: lacking });
  if (extra !== undefined) fail('CSM-DATA-COLUMNS-DIFFER', { file: first.file, other: file, column: extra });
}
