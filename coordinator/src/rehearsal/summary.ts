import { copyFile, cp, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { localOnly } from '@consilium/shared/report';
import { figure, table } from '@consilium/shared/terminal';
import { explainWire } from '../cli/output.js';
import type { RunView } from '../conduct/index.js';

/** What a rehearsal ends with; `--json` prints it as the last line. */
export interface Summary {
  readonly status: 'complete' | 'degraded' | 'failed';
  readonly run: string;
  readonly rounds: number;
  readonly sites: number;
  readonly coverage: RunView['coverage'];
  /** The chosen model on all sites' test patients together; null when there was no test. */
  readonly pooled: Readonly<
    Record<'accuracy' | 'balancedAccuracy' | 'macroF1' | 'mcc' | 'auc' | 'ece', number | null>
  > | null;
  /** Why no figure is shown; null where they are. */
  readonly caveat: string | null;
  /** Baselines and other figures of the same test, in words. */
  readonly beside: readonly string[];
  readonly perSite: readonly {
    readonly site: string;
    readonly samples: number | null;
    readonly testSamples: number | null;
    readonly accuracy: number | null;
    readonly macroF1: number | null;
    /** Accuracy of the model that the site trained by itself, where the run file asks for it. */
    readonly alone: number | null;
    readonly backend: string | null;
  }[];
  readonly bestRound: number | null;
  readonly modelHash: string | null;
  readonly journalHead: string;
  /** The one that all sites trained on; several joined by a comma. */
  readonly backend: string;
  readonly wallSeconds: number;
  readonly reports: readonly string[];
  /** Sites whose report of the final test the run lacks, and why. */
  readonly lacking: RunView['lacking'];
  readonly error: RunView['error'];
}

export async function summaryOf(
  view: RunView,
  place: { readonly out: string; readonly homes: ReadonlyMap<string, string>; readonly wallSeconds: number },
): Promise<Summary> {
  const test = view.judged.find(({ round }) => round === null) ?? null;
  const backends = new Set(view.sites.flatMap(({ backend }) => backend ?? []));
  return {
    status: view.outcome ?? 'failed',
    run: view.run,
    rounds: view.rounds,
    sites: view.sites.length,
    coverage: view.coverage,
    pooled: test && pick(test.pooled),
    caveat: view.caveat,
    beside: test === null ? [] : besideLines(test),
    perSite: view.sites.map(({ site, samples, backend }) => {
      const own = test?.sites.find((entry) => entry.site === site);
      return {
        site,
        samples,
        testSamples: own?.n ?? null,
        accuracy: own?.accuracy ?? null,
        macroF1: own?.macroF1 ?? null,
        alone: own?.panels?.find(({ name }) => name === localOnly)?.accuracy ?? null,
        backend,
      };
    }),
    bestRound: view.bestRound,
    modelHash: view.model,
    journalHead: view.journalHead,
    backend: [...backends].sort().join(', '),
    wallSeconds: Math.round(place.wallSeconds * 10) / 10,
    reports: await gather(view.run, place),
    lacking: view.lacking,
    error: view.error,
  };
}

/** The table that a person reads at the end. */
export function summaryText(summary: Summary): string {
  const { pooled, caveat, status, perSite, reports, lacking, wallSeconds } = summary;
  const told = perSite.some(({ alone }) => alone !== null);
  const rows = perSite.map(({ site, samples, testSamples, accuracy, macroF1, alone, backend }) => [
    site,
    samples ?? '–',
    testSamples ?? '–',
    figure(accuracy),
    figure(macroF1),
    ...(told ? [figure(alone)] : []),
    backend ?? '–',
  ]);
  const head = [
    'site',
    'trained on',
    'tested on',
    'accuracy',
    'macro-F1',
    ...(told ? ['accuracy alone'] : []),
    'backend',
  ];
  const pooledLine = caveat
    ? caveat
    : pooled
      ? `accuracy ${figure(pooled.accuracy)}   balanced accuracy ${figure(pooled.balancedAccuracy)}   macro-F1 ${figure(pooled.macroF1)}   MCC ${figure(pooled.mcc)}   AUC ${figure(pooled.auc)}   ECE ${figure(pooled.ece)}`
      : 'no test figures';
  return [
    '',
    table(head, rows),
    '',
    `All sites together   ${pooledLine}`,
    ...summary.beside.map((line) => `                     ${line}`),
    `Model                ${summary.modelHash ?? '–'}${summary.bestRound === null ? '' : `, round ${summary.bestRound} of ${summary.rounds}`}`,
    `Run                  ${status}, ${wallSeconds} s`,
    ...(lacking.length === 0 ? [] : [`Without report of    ${lacking.map(({ site }) => site).join(', ')}`]),
    ...causes(summary),
    ...(reports.length > 0 ? ['', 'Reports', ...reports.map((path) => `  ${path}`)] : []),
  ].join('\n');
}

/** Why the run was not complete, or has no report of a site: each cause once, with those whom it befell and what to do. */
function causes({ status, error, coverage, lacking }: Summary): string[] {
  const befell = new Map<string, Set<string>>();
  const note = (cause: string, who: string) => befell.set(cause, (befell.get(cause) ?? new Set()).add(who));
  if (status !== 'complete') {
    if (error !== null) note(explainWire(error), 'The run');
    for (const { site, missing } of coverage.sites) for (const { error: own } of missing) note(explainWire(own), site);
  }
  for (const { site, error: own } of lacking) if (own !== null) note(explainWire(own), site);
  return [...befell].flatMap(([cause, who]) => ['', `${[...who].join(', ')}: ${cause}`]);
}

const besideLines = ({ panels, figures }: RunView['judged'][number]): readonly string[] => [
  ...panels.map(
    ({ name, metrics }) => `${name}: accuracy ${figure(metrics.accuracy)}, macro-F1 ${figure(metrics.macroF1)}`,
  ),
  ...figures.map(({ name, n, mean }) => `${name}: ${figure(mean)} over ${n}`),
];

const pick = ({ accuracy, balancedAccuracy, macroF1, mcc, auc, ece }: RunView['judged'][number]['pooled']) => ({
  accuracy,
  balancedAccuracy,
  macroF1,
  mcc,
  auc,
  ece,
});

/** Copies the report of the run and those that each site wrote for itself to one place, and gives the readable ones. */
async function gather(
  run: string,
  { out, homes }: { readonly out: string; readonly homes: ReadonlyMap<string, string> },
): Promise<readonly string[]> {
  const shown: string[] = [];
  await mkdir(join(out, 'reports'), { recursive: true });
  const exported: readonly string[] = await readdir(join(out, 'export')).catch(() => []);
  for (const name of exported.filter((file) => file.startsWith('report.'))) {
    const copy = join(out, 'reports', `run-${name}`);
    await copyFile(join(out, 'export', name), copy);
    if (name.endsWith('.html')) shown.push(copy);
  }
  if (exported.includes('tables'))
    await cp(join(out, 'export', 'tables'), join(out, 'reports', 'tables'), { recursive: true });
  for (const [site, home] of homes) {
    const folder = join(home, 'reports', run);
    for (const name of await readdir(folder).catch(() => [])) {
      const copy = join(out, 'reports', `${site}-${name}`);
      await copyFile(join(folder, name), copy);
      if (name.endsWith('.html')) shown.push(copy);
    }
  }
  return shown;
}
