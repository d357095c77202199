import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { coded } from '@consilium/shared/errors';
import { signedReport } from '@consilium/shared/report';
import type { RehearsalSite } from './cast.js';
import type { Compared } from './compare.js';
import { openProcesses } from './processes.js';
import { type RehearsalOptions, rehearse } from './rehearse.js';
import type { Summary } from './summary.js';

/**
 * The federation of all hospitals but one, and how its model does on the test patients of the one that it never saw: a whole rehearsal,
 * then `consilium-site evaluate` on the export, as a hospital outside would run it.
 * @throws CSM-REHEARSE-*, CSM-REHEARSE-UNTOLD when fewer patients than may be told of were judged
 */
export async function without(
  left: RehearsalSite,
  others: readonly RehearsalSite[],
  options: Omit<RehearsalOptions, 'sites'>,
): Promise<Omit<Compared, 'trained' | 'site'>> {
  const { out, backend, device, synthetic, signal } = options;
  const summary = await rehearse({ ...options, sites: async () => others });
  const { status, bestRound, modelHash, wallSeconds, error } = summary;
  const ended = { status, bestRound, modelHash, wallSeconds, error };
  if (modelHash === null || status === 'failed') return { ...ended, testSamples: null, pooled: null };
  const processes = openProcesses(join(out, 'logs'));
  const leave = () => void processes.close();
  signal.addEventListener('abort', leave, { once: true });
  try {
    const { directory, row } = left;
    const told = join(out, 'evaluation');
    await processes.output(
      `evaluate-${left.site}`,
      [
        ...['consilium-site', 'evaluate', join(out, 'export'), '--data', directory, '--part', 'test', '--out', told],
        ...['--home', join(out, 'nowhere'), '--backend', backend],
        ...(row === null ? [] : ['--row', `${row.column}=${row.value}`]),
        ...(device === undefined ? [] : ['--device', device]),
        ...(synthetic ? ['--synthetic'] : []),
      ],
      {},
    );
    return { ...ended, ...(await judged(join(told, 'local-test.json'), left)) };
  } finally {
    signal.removeEventListener('abort', leave);
    await processes.close();
  }
}

/** The figures of a report; a hospital whose patients are too few to be told of has none. */
async function judged(path: string, { site }: RehearsalSite): Promise<Pick<Compared, 'testSamples' | 'pooled'>> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw coded('CSM-REHEARSE-UNTOLD', { site }, { cause });
  });
  const { n, scores } = signedReport.parse(JSON.parse(text)).report.measures;
  const value = (name: keyof NonNullable<Summary['pooled']>): number | null => {
    const score = scores[name]?.value;
    return typeof score === 'number' ? score : null;
  };
  return {
    testSamples: n,
    pooled: {
      accuracy: value('accuracy'),
      balancedAccuracy: value('balancedAccuracy'),
      macroF1: value('macroF1'),
      mcc: value('mcc'),
      auc: value('auc'),
      ece: value('ece'),
    },
  };
}
