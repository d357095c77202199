import { fingerprint } from '@consilium/shared/crypto';
import type { FoldCheck, Verification } from '../verifying/index.js';

/** Most places that are told one by one. */
const mostTold = 50;

/** What a check has found, for people. */
export function verificationText(found: Verification, leadGiven: boolean): string {
  const { run, lead, files, journal, contributions, reports, outcome, model, folds, unchecked, findings } = found;
  const count = (verdict: FoldCheck['verdict']) => folds.filter((fold) => fold.verdict === verdict).length;
  const rounds = folds.filter(({ step }) => step.startsWith('train:'));
  const redone = rounds.filter(({ verdict }) => verdict === 'recomputed');
  const rows: readonly (readonly [string, string])[] = [
    ['Run', run ?? 'not known'],
    [
      'Sealed by',
      lead === null ? 'not known' : `${fingerprint(lead)}${leadGiven ? '' : ' (as the folder says: compare it)'}`,
    ],
    ['Files', String(files)],
    ['Journal', `${journal.records} records, newest ${journal.head ?? 'none'}`],
    ['Signed', `${contributions} contributions, ${reports} reports, by keys that the lead certified`],
    ['Recomputed', `${redone.length} of ${rounds.length} rounds, bit for bit${listed(redone)}`],
    ['Attested', `${count('attested')} folds: the coordinator's word alone`],
    ...(outcome === null ? [] : [['Outcome', outcome] as const]),
    ...(model === null ? [] : [['Model', model] as const]),
    ...unchecked.map((what) => ['Not checked', what] as const),
  ];
  const told = findings.slice(0, mostTold).map(({ file, record, error }) => {
    const place = record === null ? file : `${file}, record ${record}`;
    return `  ${place}\n    ${error.code}: ${error.message}`;
  });
  const more = findings.length > mostTold ? [`  and ${findings.length - mostTold} more`] : [];
  const verdict =
    findings.length === 0
      ? ['All that can be checked holds.']
      : [`ALTERED in ${new Set(findings.map(({ file }) => file)).size} of the files:`, ...told, ...more];
  return [...rows.map(([name, value]) => `${name.padEnd(13)}${value}`), '', ...verdict].join('\n');
}

const listed = (folds: readonly FoldCheck[]): string =>
  folds.length === 0 || folds.length > 8 ? '' : `: ${folds.map(({ step }) => step).join(', ')}`;
