import { type Contract, geneLengths, type Transform, transformsOf } from '@consilium/shared/contract';
import { ln, log1p, log2, log2p1, unlog2 } from './logarithms.js';
import { type Columns, eachValue, inTurn, type RowChange } from './row-change.js';
import { perCell, share, tpm, tpmFromFpkm } from './totals.js';

/**
 * The transforms that a contract declares, for rows of these columns; null where it declares none.
 * @param common the features that all sites have, where they are known: shares of `all` are of their total
 * @throws CSM-RUNFILE-MISSING, CSM-RUNFILE-LENGTHS
 */
export function declaredChange(
  contract: Contract,
  columns: readonly string[],
  common?: readonly string[],
): RowChange | null {
  const transforms = transformsOf(contract.runFile);
  if (transforms.length === 0) return null;
  const at = new Map(columns.map((name, column) => [name, column]));
  const meant = (named: 'all' | readonly string[]): Columns =>
    named === 'all' ? named : new Set(named.flatMap((name) => at.get(name) ?? []));
  const shared = meant(common ?? 'all');
  return inTurn(transforms.map((step) => changeOf(step, { contract, columns, meant, shared })));
}

interface Table {
  readonly contract: Contract;
  readonly columns: readonly string[];
  readonly meant: (named: 'all' | readonly string[]) => Columns;
  /** Columns that `all` means where a value depends on the others of its row. */
  readonly shared: Columns;
}

function changeOf(step: Transform, { contract, columns, meant, shared }: Table): RowChange {
  if ('log1p' in step) return log1p(meant(step.log1p));
  if ('log2p1' in step) return log2p1(meant(step.log2p1));
  if ('log2' in step) return log2(meant(step.log2));
  if ('ln' in step) return ln(meant(step.ln.columns), step.ln.floor);
  if ('unlog2' in step) return unlog2(meant(step.unlog2.columns), step.unlog2.minus);
  if ('share' in step) return share(step.share === 'all' ? shared : meant(step.share));
  if ('perCell' in step) return perCell(step.perCell);
  if ('tpmFromFpkm' in step) return tpmFromFpkm();
  if ('tpm' in step) {
    const lengths = geneLengths(contract, step.tpm.lengths);
    return tpm(columns.map((name) => lengths.get(name) ?? Number.NaN));
  }
  if ('unit' in step) {
    const { column, below, multiplyBy } = step.unit;
    return eachValue(meant([column]), (x) => (x < below ? x * multiplyBy : x));
  }
  if ('clip' in step) {
    const { low = -Infinity, high = Infinity } = step.clip;
    return eachValue(meant(step.clip.columns), (x) => Math.min(high, Math.max(low, x)));
  }
  return step satisfies never;
}
