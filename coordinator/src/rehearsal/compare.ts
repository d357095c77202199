import { join } from 'node:path';
import type { RunFile } from '@consilium/shared/contract';
import { asCoded, toWire, type WireError } from '@consilium/shared/errors';
import { siteId } from '@consilium/shared/ids';
import { figure, table } from '@consilium/shared/terminal';
import { explainWire } from '../cli/output.js';
import type { RehearsalSite } from './cast.js';
import { without } from './leave-out.js';
import { type RehearsalOptions, rehearse } from './rehearse.js';
import type { Stage } from './stage.js';
import type { Summary } from './summary.js';
import { openVariant } from './variant.js';

/** The same run file, trained otherwise than by the federation. */
export interface Compared {
  /**
   * `together`: all rows in one place, as if one hospital held them. `alone`: one hospital by itself. `without`: the federation of all
   * hospitals but one.
   */
  readonly trained: 'together' | 'alone' | 'without';
  /** Who is alone, or left out; null together. */
  readonly site: string | null;
  /** Test patients that were judged: all for `together`, else those of the hospital that is named; null where it sent no figure. */
  readonly testSamples: number | null;
  readonly pooled: Summary['pooled'];
  readonly status: Summary['status'];
  readonly bestRound: number | null;
  readonly modelHash: string | null;
  readonly wallSeconds: number;
  readonly error: WireError | null;
}

/** What the federation is to be held against. */
export interface Held {
  /** All rows in one place, and each hospital by itself. */
  readonly alone: boolean;
  /** For each hospital the federation of all others, judged at the one that it never saw. */
  readonly leftOut: boolean;
}

/**
 * Plays the same run file otherwise: with all rows in one place, at each hospital by itself, without each hospital. Each is a whole
 * rehearsal in a folder of its own below `out`. One that fails is told, and the next is played.
 * @param cast who played the federated run. Rows lie in one place only where one folder holds those of all
 * @param terms the run file; its rule of participation is left out, since others take part
 * @param stage a new one for each
 */
export async function compare(
  options: Omit<RehearsalOptions, 'sites' | 'stage'>,
  play: {
    readonly cast: readonly RehearsalSite[];
    readonly terms: RunFile;
    readonly stage: () => Stage;
    readonly held: Held;
  },
): Promise<readonly Compared[]> {
  const { signal } = options;
  const { cast, terms, held } = play;
  const participation = { required: [], minimumSampleShare: 0, idleLimit: terms.participation.idleLimit };
  await using variant = await openVariant(options.runFile, terms, { participation });
  const compared: Compared[] = [];
  for (const { trained, site, said, folder, run } of scenes(cast, held)) {
    signal.throwIfAborted();
    const stage = play.stage();
    stage.say(said);
    compared.push(
      await run({ ...options, runFile: variant.path, out: join(options.out, ...folder), stage }).then(
        (ended) => ({ trained, site, ...ended }),
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

/** One way to train, and what is said of it meanwhile. */
interface Scene extends Pick<Compared, 'trained' | 'site'> {
  readonly said: string;
  readonly folder: readonly string[];
  readonly run: (options: Omit<RehearsalOptions, 'sites'>) => Promise<Omit<Compared, 'trained' | 'site'>>;
}

function scenes(cast: readonly RehearsalSite[], { alone, leftOut }: Held): readonly Scene[] {
  const [first] = cast;
  const onePlace = first?.row ? oneOf(cast, first.directory) : null;
  const together: Scene | null = onePlace && {
    ...{ trained: 'together', site: null, said: 'All rows in one place', folder: ['together'] },
    run: byItself(onePlace),
  };
  const each = cast.map((member): Scene => {
    const { site } = member;
    return { trained: 'alone', site, said: `${site} alone`, folder: ['alone', site], run: byItself(member) };
  });
  const others = cast.map((member): Scene => {
    const { site } = member;
    const rest = cast.filter((other) => other !== member);
    return {
      ...{ trained: 'without', site, said: `All but ${site}`, folder: ['without', site] },
      run: (options) => without(member, rest, options),
    };
  });
  return [...(alone ? [...(together ? [together] : []), ...each] : []), ...(leftOut ? others : [])];
}

/** A rehearsal of one hospital, judged on its own test patients. */
const byItself =
  (member: RehearsalSite): Scene['run'] =>
  async (options) => {
    const summary = await rehearse({ ...options, sites: async () => [member] });
    const { pooled, perSite, status, bestRound, modelHash, wallSeconds, error } = summary;
    return {
      ...{ testSamples: perSite[0]?.testSamples ?? null, pooled },
      ...{ status, bestRound, modelHash, wallSeconds, error },
    };
  };

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
  const own = judgedRight(compared, 'alone');
  const unseen = judgedRight(compared, 'without');
  const linesOf = (kind: Compared['trained']) =>
    compared
      .filter(({ trained }) => trained === kind)
      .map(({ site, testSamples, pooled }) => line(`  ${site}`, testSamples, pooled));
  const rows = [
    line('the federation, on all', tested, federated.pooled),
    ...compared
      .filter(({ trained }) => trained === 'together')
      .map(({ testSamples, pooled }) => line('in one place, on all', testSamples, pooled)),
    ...(own === null ? [] : [['each alone, on its own', own.tested, figure(own.accuracy), '–', '–', '–']]),
    ...linesOf('alone'),
    ...(unseen === null ? [] : [['all others, on one unseen', unseen.tested, figure(unseen.accuracy), '–', '–', '–']]),
    ...linesOf('without'),
  ];
  const faults = compared.flatMap(({ trained, site, error }) =>
    error === null ? [] : ['', `${faultOf(trained, site)}: ${explainWire(error)}`],
  );
  return ['', table(['trained by', 'tested on', 'accuracy', 'macro-F1', 'AUC', 'ECE'], rows), ...faults].join('\n');
}

const faultOf = (trained: Compared['trained'], site: string | null): string =>
  site === null ? 'In one place' : trained === 'without' ? `Without ${site}` : site;

/** The share of all test patients that were judged right by the models of one kind; null when no hospital sent a figure. */
function judgedRight(
  compared: readonly Compared[],
  kind: 'alone' | 'without',
): { readonly tested: number; readonly accuracy: number } | null {
  const judged = compared.flatMap(({ trained, testSamples, pooled }) =>
    trained === kind && testSamples !== null && pooled?.accuracy != null
      ? { n: testSamples, right: testSamples * pooled.accuracy }
      : [],
  );
  const tested = judged.reduce((sum, { n }) => sum + n, 0);
  return tested === 0 ? null : { tested, accuracy: judged.reduce((sum, { right }) => sum + right, 0) / tested };
}
