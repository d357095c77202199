import { join } from 'node:path';
import type { RunFile } from '@consilium/shared/contract';
import { asCoded, toWire, type WireError } from '@consilium/shared/errors';
import { siteId } from '@consilium/shared/ids';
import { figure, table } from '@consilium/shared/terminal';
import { explainWire } from '../cli/output.js';
import type { RehearsalSite } from './cast.js';
import { type RehearsalOptions, rehearse } from './rehearse.js';
import type { Stage } from './stage.js';
import type { Summary } from './summary.js';
import { openVariant } from './variant.js';

/** The same run file, trained otherwise than by the federation. */
export interface Compared {
  /** `together`: all rows in one place, as if one hospital held them. `alone`: one hospital by itself. */
  readonly trained: 'together' | 'alone';
  /** Who is alone; null together. */
  readonly site: string | null;
  /** Test patients that were judged: all for `together`, the hospital's own for `alone`; null where it sent no figure. */
  readonly testSamples: number | null;
  readonly pooled: Summary['pooled'];
  readonly status: Summary['status'];
  readonly bestRound: number | null;
  readonly modelHash: string | null;
  readonly wallSeconds: number;
  readonly error: WireError | null;
}

/**
 * Plays the same run file with all rows in one place, and at each hospital by itself: what the federation is to be held against.
 * Each is a whole rehearsal of one site, in a folder of its own below `out`. One that fails is told, and the next is played.
 * @param cast who played the federated run. Rows lie in one place only where one folder holds those of all
 * @param terms the run file; its rule of participation is left out, as there is one site
 * @param stage a new one for each
 */
export async function compare(
  options: Omit<RehearsalOptions, 'sites' | 'stage'>,
  play: { readonly cast: readonly RehearsalSite[]; readonly terms: RunFile; readonly stage: () => Stage },
): Promise<readonly Compared[]> {
  const { out, signal } = options;
  const { cast, terms } = play;
  const participation = { required: [], minimumSampleShare: 0, idleLimit: terms.participation.idleLimit };
  await using variant = await openVariant(options.runFile, terms, { participation });
  const [first] = cast;
  const onePlace = first?.row ? [{ site: null, member: oneOf(cast, first.directory) }] : [];
  const compared: Compared[] = [];
  for (const { site, member } of [...onePlace, ...cast.map((member) => ({ site: member.site, member }))]) {
    signal.throwIfAborted();
    const trained = site === null ? 'together' : 'alone';
    const folder = join(out, site === null ? 'together' : join('alone', site));
    const stage = play.stage();
    stage.say(site === null ? 'All rows in one place' : `${site} alone`);
    compared.push(
      await rehearse({ ...options, runFile: variant.path, sites: async () => [member], out: folder, stage }).then(
        ({ pooled, perSite, status, bestRound, modelHash, wallSeconds, error }) => ({
          ...{ trained, site, testSamples: perSite[0]?.testSamples ?? null, pooled },
          ...{ status, bestRound, modelHash, wallSeconds, error },
        }),
        (thrown: unknown) => {
          signal.throwIfAborted();
          const error = toWire(asCoded(thrown));
          const none = { testSamples: null, pooled: null, bestRound: null, modelHash: null, wallSeconds: 0 };
          return { ...none, trained, site, status: 'failed' as const, error };
        },
      ),
    );
  }
  return compared;
}

/** All of them as one, by a name that none of them has. */
function oneOf(cast: readonly RehearsalSite[], directory: string): RehearsalSite {
  const taken = new Set<string>(cast.map(({ site }) => site));
  const free = ['everyone', 'all-sites', 'one-place'].find((name) => !taken.has(name));
  return { site: siteId.parse(free ?? `everyone-of-${cast.length}`), directory, row: null };
}

/** The federated model beside what it is held against, as a person reads it. */
export function comparisonText(federated: Summary, compared: readonly Compared[]): string {
  const line = (name: string, n: number | null, pooled: Summary['pooled']) => [
    ...[name, n ?? '–', figure(pooled?.accuracy), figure(pooled?.macroF1), figure(pooled?.auc), figure(pooled?.ece)],
  ];
  const tested = federated.perSite.reduce((sum, { testSamples }) => sum + (testSamples ?? 0), 0);
  const own = ownPatients(compared);
  const rows = [
    line('the federation, on all', tested, federated.pooled),
    ...compared
      .filter(({ trained }) => trained === 'together')
      .map(({ testSamples, pooled }) => line('in one place, on all', testSamples, pooled)),
    ...(own === null ? [] : [['each alone, on its own', own.tested, figure(own.accuracy), '–', '–', '–']]),
    ...compared
      .filter(({ trained }) => trained === 'alone')
      .map(({ site, testSamples, pooled }) => line(`  ${site}`, testSamples, pooled)),
  ];
  const faults = compared.flatMap(({ site, error }) =>
    error === null ? [] : ['', `${site ?? 'In one place'}: ${explainWire(error)}`],
  );
  return ['', table(['trained by', 'tested on', 'accuracy', 'macro-F1', 'AUC', 'ECE'], rows), ...faults].join('\n');
}

/** The share of all test patients whom their own hospital's model judged right; null when no hospital sent a figure. */
function ownPatients(compared: readonly Compared[]): { readonly tested: number; readonly accuracy: number } | null {
  const judged = compared.flatMap(({ trained, testSamples, pooled }) =>
    trained === 'alone' && testSamples !== null && pooled?.accuracy != null
      ? { n: testSamples, right: testSamples * pooled.accuracy }
      : [],
  );
  const tested = judged.reduce((sum, { n }) => sum + n, 0);
  return tested === 0 ? null : { tested, accuracy: judged.reduce((sum, { right }) => sum + right, 0) / tested };
}
