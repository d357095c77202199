import { headScores, scoreWords } from '../../words/index.js';
import type { ReleasedSubgroups, SiteReport } from '../site-report.js';
import { anyWithheld, shownCount, shownShare, withheldLegend } from './figures.js';
import { type Html, html } from './markup.js';
import { count, decimal } from './numbers.js';

/** The model's figures by the columns that the run names: whether it is as good for everyone. */
export function subgroupSection({
  subgroups = [],
  measures,
  panels = [],
  temperatureScaled,
  atThreshold,
  minimumCell,
}: SiteReport): Html | null {
  if (subgroups.length === 0) return null;
  return html`<section><h2>Is it as good for everyone?</h2>
<p class="soft">The model's figures of the samples of one subgroup at a time, with 95 % intervals, and how many samples of each class it holds. Figures of few samples vary widely by chance alone.</p>
${anyWithheld(subgroups) && !anyWithheld([measures, panels, temperatureScaled, atThreshold]) ? withheldLegend(minimumCell) : null}
${subgroups.map((column) => html`<h3>By ${column.column}</h3>${scoreTable(column)}${supportTable(column, measures)}`)}</section>`;
}

const scoreTable = ({ column, groups }: ReleasedSubgroups): Html =>
  html`<div class="scroll"><table class="sites"><thead><tr><th class="text">${column}</th><th>Samples</th>${headScores.map(
    (name) => html`<th>${scoreWords[name].label}</th>`,
  )}</tr></thead>
<tbody>${groups.map(
    ({ name, n, scores }) =>
      html`<tr><th>${name}</th><td>${shownCount(n)}</td>${headScores.map((score) => {
        if (scores === null) return html`<td>${n === 0 ? '–' : shownCount({ suppressed: true })}</td>`;
        const { value, interval } = scores[score];
        return html`<td>${shownShare(value)}${
          interval === null
            ? null
            : html`<br><span class="soft">${decimal(interval.low)}\u00a0to\u00a0${decimal(interval.high)}</span>`
        }</td>`;
      })}</tr>`,
  )}</tbody></table></div>`;

const supportTable = ({ column, groups }: ReleasedSubgroups, { n, perClass }: SiteReport['measures']): Html =>
  html`<div class="scroll"><table class="sites"><thead><tr><th class="text">Samples by ${column}</th>${groups.map(({ name }) => html`<th>${name}</th>`)}<th>all</th></tr></thead>
<tbody>${perClass.map(
    (own, label) =>
      html`<tr><th>${own.class}</th>${groups.map(({ support }) => html`<td>${shownCount(support[label]!)}</td>`)}<td>${shownCount(own.support)}</td></tr>`,
  )}<tr class="all"><th>all</th>${groups.map((group) => html`<td>${shownCount(group.n)}</td>`)}<td>${count(n)}</td></tr></tbody></table></div>`;
