import { figure, table } from '@consilium/shared/terminal';
import { reportWords } from '@consilium/shared/words';
import type { RunSummary, RunView, SiteView } from '../conduct/view.js';
import { accuracyInterval, formats, participationText } from '../following/index.js';
import { span } from './durations.js';
import { brief, explainWire } from './output.js';

const format = formats('en', 'UTC');

/** The list of runs. */
export const runsText = (runs: readonly RunSummary[]): string =>
  table(
    ['RUN', 'NAME', 'STATE', 'STEP', 'ROUND', 'SITES', 'REPORTS', 'CHANGED'],
    runs.map((run) => [
      brief(run.run),
      run.name,
      run.outcome ?? run.phase,
      run.step ?? '–',
      run.round === null ? '–' : `${run.round}/${run.rounds}`,
      run.sites,
      run.reports === null ? '–' : `${run.reports.released} of ${run.sites}`,
      run.updated,
    ]),
  );

/** One run on one screen. */
export function statusText(view: RunView): string {
  const judged = view.judged.at(-1);
  return [
    `${view.name}  ${view.run}`,
    headline(view),
    ...(view.error === null ? [] : ['', explainWire(view.error)]),
    ...participationText(view, format),
    '',
    table(['SITE', 'STATE', 'DOING', 'BACKEND', 'SAMPLES', 'HEARD'], view.sites.map(siteRow)),
    ...view.sites.flatMap(({ site, error }) => (error === null ? [] : ['', `${site}: ${explainWire(error)}`])),
    ...(judged === undefined
      ? []
      : [
          '',
          `${judged.round === null ? 'Final test' : `Validation after round ${judged.round}`}, ${judged.pooled.n} patients pooled:`,
          ...(view.caveat === null ? [] : [view.caveat]),
          table(['ACCURACY', 'BALANCED', 'MACRO F1', 'MCC', 'AUC', 'ECE', 'LOSS'], [metricsRow(judged.pooled)]),
        ]),
    ...coverageText(view),
    ...lackingText(view),
  ].join('\n');
}

/** Where a run stands, in one line. */
export function headline(view: RunView): string {
  const place = `step ${Math.min(view.index + 1, view.steps)} of ${view.steps}${view.step === null ? '' : ` (${view.step})`}`;
  const round = view.round === null ? '' : `, round ${view.round} of ${view.rounds}`;
  switch (view.phase) {
    case 'closed':
      return `${view.outcome ?? 'closed'}: ${place}${lackingWords(view)}`;
    case 'paused':
      return `paused (${pauses[view.pausedBy ?? 'lead']}): ${place}${round}`;
    case 'new':
    case 'running':
      return `${view.phase}: ${place}${round}`;
    default:
      return view.phase satisfies never;
  }
}

const lackingWords = ({ reports }: RunView): string =>
  reports === null || reports.lacking === 0
    ? ''
    : `, without the report of ${reports.lacking} of ${reports.released + reports.lacking} sites`;

const pauses = {
  lead: 'by the lead; consilium resume',
  stepwise: 'waits for consilium next',
  participation: 'waits for sites',
} as const;

/** What a site does, with how far it is. */
export function doing({ activity, progress }: SiteView): string {
  if (activity === null) return '–';
  if (progress === null || progress.total === 0) return activity;
  const percent = Math.floor((100 * progress.done) / progress.total);
  const loss = progress.loss === undefined ? '' : `, loss ${progress.loss.toFixed(3)}`;
  return `${activity} ${Math.min(100, percent)} %${loss}`;
}

const siteRow = (site: SiteView): (string | number)[] => [
  site.site,
  site.standing,
  site.connected ? doing(site) : 'not connected',
  site.backend ?? '–',
  site.samples ?? '–',
  site.heardSecondsAgo === null ? 'not yet' : `${span(site.heardSecondsAgo)} ago`,
];

const metricsRow = (pooled: RunView['judged'][number]['pooled']): string[] => [
  withInterval(pooled),
  ...[pooled.balancedAccuracy, pooled.macroF1, pooled.mcc, pooled.auc, pooled.ece, pooled.loss].map(figure),
];

/** Accuracy with its 95 % interval: `0.710 (0.595 to 0.803)`. */
export function withInterval(pooled: RunView['judged'][number]['pooled']): string {
  const interval = accuracyInterval(pooled);
  const of = interval === null ? '' : ` (${figure(interval.low)} to ${figure(interval.high)})`;
  return `${figure(pooled.accuracy)}${of}`;
}

/** Who was missing, and since when; nothing when nobody was. */
export function coverageText({ coverage }: RunView): string[] {
  const gaps = coverage.sites.filter(({ missing }) => missing.length > 0);
  const short = coverage.shortfalls.map(({ step, unmet }) => [step, unmet.map(({ code }) => code).join(', ')]);
  const shortText =
    short.length === 0
      ? []
      : ['', 'Steps that went on with less than the contract asks for:', table(['STEP', 'LACKED'], short)];
  if (gaps.length === 0) return shortText;
  return [
    '',
    'Not everybody stood behind every step:',
    table(
      ['SITE', 'TOOK PART', 'MISSING SINCE', 'CAUSE'],
      gaps.map(({ site, contributed, asked, missing }) => [
        site,
        `${contributed} of ${asked}`,
        missing.map(({ since }) => since).join(', '),
        [
          ...new Set(missing.map(({ error, excused }) => (excused ? `${error.code} (by the contract)` : error.code))),
        ].join(', '),
      ]),
    ),
    ...shortText,
  ];
}

/** Sites whose report of the final test is not here, by cause with what to do; nothing where all are. */
export function lackingText({ lacking }: Pick<RunView, 'lacking'>): string[] {
  const byCause = new Map<string, string[]>();
  for (const { site, report, error } of lacking) {
    const cause = error === null ? reportWords[report].meaning : explainWire(error);
    byCause.set(cause, [...(byCause.get(cause) ?? []), site]);
  }
  return [...byCause].flatMap(([cause, sites]) => ['', `No report of ${sites.join(', ')}: ${cause}`]);
}
