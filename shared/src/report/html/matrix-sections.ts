import { scoreWords } from '../../words/index.js';
import { localOnly, previousModel } from '../figure-name.js';
import type { MatrixCell, RunReport } from '../run-report.js';
import { shownCount, shownShare } from './figures.js';
import { type Html, html } from './markup.js';
import { count, decimal } from './numbers.js';

const columnWords: Readonly<Record<string, string>> = {
  [localOnly]: 'each site alone',
  [previousModel]: 'the earlier model',
};
const rivalWords: Readonly<Record<string, string>> = { ...columnWords, [localOnly]: 'this site alone' };

/** Every site's figures of every model, and of all sites together. */
export function matrixSection({ matrix }: RunReport): Html | null {
  if (matrix === null) return null;
  const { columns, rows } = matrix;
  return html`<section><h2>Every site, every model</h2>
<p class="soft">Each row holds one site's test patients; each pair of columns one model that was tried on them. Figures of few samples vary widely by chance alone.</p>
<div class="scroll"><table class="sites"><thead><tr><th class="text" rowspan="2">Site</th><th rowspan="2">Samples</th>${columns.map(
    (name) => html`<th class="c" colspan="2">${columnWords[name] ?? name}</th>`,
  )}</tr><tr>${columns.map(() => html`<th>Accuracy</th><th>Macro F1</th>`)}</tr></thead>
<tbody>${rows.map(
    ({ site, n, cells }) =>
      html`<tr class="${site === null ? 'all' : ''}"><th>${site ?? 'all together'}</th><td>${count(n)}</td>${cells.map(pair)}</tr>`,
  )}</tbody></table></div></section>`;
}

const pair = (cell: MatrixCell | null): Html =>
  cell === null
    ? html`<td>–</td><td>–</td>`
    : html`<td>${shownShare(cell.accuracy)}</td><td>${shownShare(cell.macroF1)}</td>`;

const compared = ['accuracy', 'balancedAccuracy', 'macroF1', 'auc'] as const;

/** What the common model adds at each site, with the sites where nobody can tell. */
export function upliftSection({ uplift: { told, withheld } }: RunReport): Html | null {
  if (told.length === 0 && withheld.length === 0) return null;
  return html`<section><h2>What the common model adds</h2>
<p class="soft">Its score less that of the other model, on the same patients, with a paired 95 % interval. An interval that holds zero says that these samples cannot tell the two apart.</p>
${
  told.length === 0
    ? null
    : html`<div class="scroll"><table class="sites"><thead><tr><th class="text">Site</th><th class="text">Over</th><th>Samples</th>${compared.map(
        (name) => html`<th>${scoreWords[name].label}</th>`,
      )}</tr></thead>
<tbody>${told.map(
        ({ site, n, over, scores }) =>
          html`<tr><th>${site}</th><td class="text">${rivalWords[over] ?? over}</td><td>${count(n)}</td>${compared.map(
            (name) => difference(scores[name] ?? null),
          )}</tr>`,
      )}</tbody></table></div>`
}
${withheld.length === 0 ? null : html`<p class="soft">Withheld for ${[...new Set(withheld.map(({ site }) => site))].join(', ')}: too few patients tell the two models apart there, or a figure of one of them is withheld.</p>`}</section>`;
}

function difference(
  told: {
    readonly difference: number;
    readonly interval: { readonly low: number; readonly high: number } | null;
  } | null,
): Html {
  if (told === null) return html`<td>–</td>`;
  const { interval } = told;
  return html`<td>${signed(told.difference)}${
    interval === null ? null : html`<br><span class="soft">${signed(interval.low)} to ${signed(interval.high)}</span>`
  }</td>`;
}

/** A difference with its sign: a true minus, as wide as the plus. */
const signed = (value: number): string => `${value < 0 ? '−' : '+'}${decimal(Math.abs(value), 3)}`;

export function fairnessSection({ fairness }: RunReport): Html | null {
  const rows = (['accuracy', 'macroF1'] as const).flatMap((name) => {
    const own = fairness[name];
    return own === null ? [] : [{ name, ...own }];
  });
  if (rows.length === 0) return null;
  const place = ({ site, n, value }: (typeof rows)[number]['worst']) =>
    html`<td class="text">${decimal(value)} at ${site}, on ${count(n)} samples</td>`;
  return html`<section><h2>Is it as good everywhere?</h2>
<p class="soft">The common model at its worst and at its best site, among those that show the figure.</p>
<div class="scroll"><table><thead><tr><th class="text">Figure</th><th>Sites</th><th class="text">Worst</th><th class="text">Best</th><th>Apart</th></tr></thead>
<tbody>${rows.map(
    ({ name, sites, worst, best, spread }) =>
      html`<tr><th>${scoreWords[name].label}</th><td>${count(sites)}</td>${place(worst)}${place(best)}<td>${decimal(spread)}</td></tr>`,
  )}</tbody></table></div></section>`;
}

/** Test samples of each class at each site. */
export function supportSection({ support }: RunReport): Html | null {
  if (support === null) return null;
  const { classes, rows, totals, n } = support;
  return html`<section><h2>Which site tested which class</h2>
<p class="soft">Test samples of each class. A withheld number never stands alone in its row or column.</p>
<div class="scroll"><table class="sites"><thead><tr><th class="text">Class</th>${rows.map(({ site }) => html`<th>${site}</th>`)}<th>all</th></tr></thead>
<tbody>${classes.map(
    (name, index) =>
      html`<tr><th>${name}</th>${rows.map(({ counts }) => html`<td>${shownCount(counts[index]!)}</td>`)}<td>${shownCount(totals[index]!)}</td></tr>`,
  )}<tr class="all"><th>all</th>${rows.map((row) => html`<td>${count(row.n)}</td>`)}<td>${count(n)}</td></tr></tbody></table></div></section>`;
}

/** The pooled figures of each group's samples. */
export function groupSection({ groups }: RunReport): Html | null {
  if (groups.length === 0) return null;
  return html`<section><h2>By group</h2>
<p class="soft">Pooled over the sites with enough patients of the group.</p>
<div class="scroll"><table><thead><tr><th class="text">Group</th><th>Samples</th><th>Accuracy</th><th>Macro F1</th></tr></thead>
<tbody>${groups.map(
    ({ name, n, cell }) =>
      html`<tr><th>${name.replace(/^(?:sub)?group: /, '')}</th><td>${count(n)}</td>${pair(cell)}</tr>`,
  )}</tbody></table></div></section>`;
}
