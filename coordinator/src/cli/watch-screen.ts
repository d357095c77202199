import { figure, printable, table } from '@consilium/shared/terminal';
import type { Tone } from '@consilium/shared/words';
import type { RunView, SiteView } from '../conduct/view.js';
import { type Doing, formats, participationText, places, type SiteLine, siteLine } from '../following/index.js';
import { explainWire } from './output.js';
import { coverageText, headline, withInterval } from './status-text.js';
import type { JournalState, Sight } from './watch-follower.js';

/** A line of the screen, and how it strikes the eye. */
export interface ScreenLine {
  readonly text: string;
  readonly tone: Tone;
}

const format = formats('en', 'UTC');
const barWidth = 24;

/** A run as the page shows it, in the lines of a terminal. Of more sites than fit, those come first that are not done. Pure. */
export function screenOf(sight: Sight, nowMs: number, rows: number): readonly ScreenLine[] {
  const { view, journal } = sight;
  const above = [line(`${printable(view.name)}  ${view.run}`), ...runLines(view), line('')];
  const below = [
    ...faultLines(view),
    line(''),
    ...figureLines(view),
    ...participationText(view, format).map((text) => line(text, view.phase === 'paused' ? 'warn' : 'quiet')),
    ...shareLines(view),
    ...coverageText(view).flatMap((text) => text.split('\n').map((one) => line(one))),
    line(journalText(journal), journalTones[journal.kind]),
  ];
  const room = Math.max(1, rows - above.length - below.length - 1);
  return [...above, ...siteLines(sight, nowMs, room), ...below];
}

const line = (text: string, tone: Tone = 'quiet'): ScreenLine => ({ text, tone });

function runLines(view: RunView): readonly ScreenLine[] {
  const share = view.phase === 'closed' ? 1 : view.index / view.steps;
  const filled = Math.round(barWidth * share);
  const bar = '█'.repeat(filled) + '░'.repeat(barWidth - filled);
  const tone: Tone = view.phase === 'paused' ? 'warn' : view.phase === 'closed' ? outcomeTone(view) : 'busy';
  return [
    line(`${bar}  ${headline(view)}`, tone),
    ...(view.error === null
      ? []
      : explainWire(view.error)
          .split('\n')
          .map((text) => line(text, 'warn'))),
  ];
}

const outcomeTone = ({ outcome }: RunView): Tone =>
  outcome === 'complete' ? 'good' : outcome === 'degraded' ? 'warn' : 'bad';

/** The six states of a site as boxes: those behind it, the present one, those to come. */
const machine = ({ place, mood }: Doing): string =>
  places.map((_, index) => (index < place ? '■' : index > place ? '□' : marks[mood])).join('');
const marks = { going: '▣', done: '■', away: '◌', bad: '✗' } as const;
const moodTones = { going: 'busy', done: 'good', away: 'warn', bad: 'bad' } as const satisfies Record<
  Doing['mood'],
  Tone
>;
/** Who is looked at first where not all fit. */
const urgency = { bad: 0, away: 1, going: 2, done: 3 } as const;

function siteLines({ view, atMs, paces, steps }: Sight, nowMs: number, room: number): readonly ScreenLine[] {
  const around = { step: view.step, isClosed: view.phase === 'closed', steps, atMs, nowMs };
  const all = view.sites.map((site) => ({
    site,
    own: siteLine(site, { ...around, pace: paces.get(site.site) ?? null }, format),
  }));
  // A head and perhaps a line that counts the others.
  const fits = all.length + 1 <= room;
  const shown = fits
    ? all
    : all.toSorted((a, b) => urgency[a.own.doing.mood] - urgency[b.own.doing.mood]).slice(0, Math.max(1, room - 2));
  const others = all.length - shown.length;
  const [head = '', ...lines] = table(
    ['SITE', 'STATE', '', 'HOW FAR', 'LEFT', 'HEARD', 'SAMPLES', 'BACKEND'],
    shown.map(({ site, own }) => siteRow(site, own)),
  ).split('\n');
  return [
    line(head),
    ...lines.map((text, index) => line(text, moodTones[shown[index]?.own.doing.mood ?? 'going'])),
    ...(others === 0 ? [] : [line(`and ${others} more, as far or further`)]),
  ];
}

const siteRow = ({ site, samples, backend }: SiteView, { doing, detail, eta, heard }: SiteLine) => [
  ...[site, machine(doing), doing.word.label, detail || '–'],
  ...[eta === null ? '–' : `about ${format.span(eta.seconds)}`, heard, samples ?? '–', backend ?? '–'],
];

/** Each cause once, with the sites whom it befell and what to do. */
function faultLines({ sites }: RunView): readonly ScreenLine[] {
  return sites.flatMap(({ site, error }) =>
    error === null ? [] : [line(''), ...`${site}: ${explainWire(error)}`.split('\n').map((text) => line(text, 'warn'))],
  );
}

function figureLines({ judged, caveat, bestRound }: RunView): readonly ScreenLine[] {
  const newest = judged.at(-1);
  if (newest === undefined) return [line('No round is judged yet.')];
  const { round, pooled } = newest;
  const of = `${round === null ? 'Final test' : `Round ${round}`}, ${format.count(pooled.n)} samples of all sites`;
  if (caveat !== null) return [line(`${of}: ${caveat}`, 'warn')];
  const best = bestRound === null ? '' : `; best so far: round ${bestRound}`;
  return [
    line(`${of}: accuracy ${withInterval(pooled)}${best}`, 'good'),
    line(
      `balanced accuracy ${figure(pooled.balancedAccuracy)}   macro F1 ${figure(pooled.macroF1)}   MCC ${figure(pooled.mcc)}   ` +
        `AUC ${figure(pooled.auc)}   ECE ${figure(pooled.ece)}   loss ${figure(pooled.loss)}`,
    ),
  ];
}

function shareLines({ coverage: { sampleShare } }: RunView): readonly ScreenLine[] {
  if (sampleShare === null) return [];
  const { mean, least } = sampleShare;
  return [line(`Samples behind a round: ${format.percent(mean)} on average, at least ${format.percent(least)}`)];
}

const journalTones = { checking: 'quiet', whole: 'good', broken: 'bad' } as const;

/** What was checked of a journal, in words. */
export function journalText(state: JournalState): string {
  switch (state.kind) {
    case 'checking':
      return `Journal: ${state.records} of ${state.of} records checked`;
    case 'whole':
      return `Journal: ${state.records} records, in order and signed by the coordinator`;
    case 'broken':
      return `Journal: ${explainWire(state.error)}`;
    default:
      return state satisfies never;
  }
}
