import {
  type Figure,
  isWithheld,
  type ReleasedMeasures,
  type ReleasedScore,
  type ScoreName,
} from '../../metrics/index.js';
import { headScores, otherScores, scoreWords } from '../../words/index.js';
import type { ReleasedPanel } from '../site-report.js';
import { type Html, html } from './markup.js';
import { count, decimal, numberOf } from './numbers.js';

/** The mark of a withheld figure, with its reason on hover. */
const withheldMark = html`<span class="withheld" title="Withheld to protect patients">∗</span>`;

export const shownCount = (value: Figure): string | Html => (isWithheld(value) ? withheldMark : count(Number(value)));

export const shownShare = (value: Figure | null, decimals = 2): string | Html =>
  value !== null && isWithheld(value) ? withheldMark : decimal(numberOf(value), decimals);

export const withheldLegend = (minimumCell: number): Html =>
  html`<p class="soft">${withheldMark} withheld: it counts fewer than ${minimumCell} patients, or would let a reader work out a figure that does. It may be any number; it does not stand for zero.</p>`;

/** Whether anything in a set of measures is withheld, so that the mark needs explaining. */
export const anyWithheld = (figures: unknown): boolean => JSON.stringify(figures).includes('"suppressed"');

/** The verdict: six figures with their intervals drawn to scale, and what other predictions of the same samples reach. */
export function tiles(scores: ReleasedMeasures['scores'], panels: readonly ReleasedPanel[] = []): Html {
  return html`<div class="tiles">${headScores.map((name) => tile(name, scores[name], panels))}</div>`;
}

function tile(name: ScoreName, { value, interval }: ReleasedScore, panels: readonly ReleasedPanel[]): Html {
  const words = scoreWords[name];
  const number = numberOf(value);
  const place = (share: number) => `${(100 * Math.min(1, Math.max(0, share))).toFixed(1)}%`;
  const span = interval && `left:${place(interval.low)};width:calc(${place(interval.high)} - ${place(interval.low)})`;
  return html`<div class="tile" title="${words.meaning}">
<div class="name">${words.label}</div>
<div class="value">${shownShare(value)}</div>
${number === null ? null : html`<span class="range">${span ? html`<i style="${span}"></i>` : null}<b style="left:${place(number)}"></b></span>`}
<div class="between">${interval ? `95 % interval ${decimal(interval.low)} to ${decimal(interval.high)}` : words.better === 'lower' ? 'lower is better' : ''}</div>${panels.map(
    (panel) =>
      html`<div class="beside"><span>${panel.name}</span><span>${shownShare(panel.scores[name].value)}</span></div>`,
  )}
</div>`;
}

/** The figures that are not at the top, each with its meaning. */
export function otherFigures(scores: ReleasedMeasures['scores'], panels: readonly ReleasedPanel[] = []): Html {
  return html`<div class="scroll"><table>
<thead><tr><th class="text">Figure</th><th>Value</th><th>95 % interval</th>${panels.map(({ name }) => html`<th>${name}</th>`)}<th class="text">What it says</th></tr></thead>
<tbody>${otherScores.map((name) => {
    const { value, interval } = scores[name];
    return html`<tr><th>${scoreWords[name].label}</th><td>${shownShare(value, 3)}</td><td>${
      interval ? `${decimal(interval.low)} to ${decimal(interval.high)}` : '–'
    }</td>${panels.map((panel) => html`<td class="other">${shownShare(panel.scores[name].value, 3)}</td>`)}<td class="text">${scoreWords[name].meaning}</td></tr>`;
  })}</tbody></table></div>`;
}
