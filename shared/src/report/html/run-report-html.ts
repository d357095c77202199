import { headScores, scoreWords } from '../../words/index.js';
import { coverageChart, curveChart } from '../charts/index.js';
import type { RunReport } from '../run-report.js';
import { classSection, confusionSection, reliabilitySection } from './class-sections.js';
import { draw } from './draw.js';
import { anyWithheld, otherFigures, shownCount, shownShare, tiles, withheldLegend } from './figures.js';
import { type Html, html } from './markup.js';
import { count, moment, percent } from './numbers.js';
import { code, facts, notesSection, page, syntheticBanner } from './page.js';

/** A run's report as one HTML file for the lead and all sites. Every text in it is escaped. */
export function runReportHtml(report: RunReport): string {
  const { pooled } = report;
  const withheld = report.sites.some((row) => JSON.stringify(row).includes('"suppressed"'));
  return page(
    `Run ${report.name}`,
    html`${syntheticBanner(report.synthetic)}
<div class="kicker">Consilium · run report</div>
<h1>${report.name}</h1>
<p class="lead"><span class="chip ${report.outcome.status}">${report.outcome.status}</span> ${summary(report)}</p>
${pooled ? tiles(pooled.measures.scores) : null}
${withheld || (pooled && anyWithheld(pooled.measures)) ? withheldLegend(report.minimumCell) : null}
${notesSection(report.notes)}
${siteSection(report)}
${curveSection(report)}
${participationSection(report)}
${
  pooled
    ? html`${classSection(pooled.measures)}${confusionSection(pooled.measures)}${reliabilitySection(pooled.measures)}
<section><h2>More figures, all sites together</h2>${otherFigures(pooled.measures.scores)}</section>`
    : null
}
<section><h2>What was agreed</h2>${facts(report.terms.map(({ label, value }) => [label, value] as const))}</section>
${provenance(report)}`,
  );
}

function summary({ outcome, pooled, participation, sites, wallSeconds }: RunReport): Html {
  const time = wallSeconds < 90 ? `${Math.round(wallSeconds)} s` : `${Math.round(wallSeconds / 60)} min`;
  return html`${outcome.why ? html`${outcome.why} ` : null}<b>${count(participation.length)} rounds</b> with <b>${count(
    sites.length,
  )} sites</b> in ${time}. ${
    pooled
      ? html`Judged on <b>${count(pooled.measures.n)} ${pooled.part} samples</b> of ${count(pooled.sites)} sites together:`
      : html`No pooled figures: no site had enough patients to be judged on.`
  }`;
}

function siteSection({ sites }: RunReport): Html {
  return html`<section><h2>Site by site</h2>
<p class="soft">The same model at every site, each judged on its own patients. Figures of few samples vary widely by chance alone.</p>
<div class="scroll"><table class="sites"><thead><tr><th class="text">Site</th><th>Training</th><th>Tested on</th>${headScores.map(
    (name) => html`<th>${scoreWords[name].label}</th>`,
  )}<th class="text">Computed on</th></tr></thead>
<tbody>${sites.map(
    (row) =>
      html`<tr class="${row.note ? 'noted' : ''}"><th>${row.site}</th><td>${row.trainingSamples === null ? '–' : shownCount(row.trainingSamples)}</td><td>${
        row.testSamples === null ? '–' : shownCount(row.testSamples)
      }</td>${headScores.map((name) => html`<td>${row.scores ? shownShare(row.scores[name].value) : '–'}</td>`)}<td class="text">${
        row.backend ?? '–'
      }</td></tr>${row.note ? html`<tr><td class="text" colspan="${headScores.length + 4}">${row.note}</td></tr>` : null}`,
  )}</tbody></table></div></section>`;
}

/** Figures that share a scale from 0 to 1. */
const curveScores = ['accuracy', 'balancedAccuracy', 'macroF1', 'auc'] as const;

function curveSection({ curve, chosenRound }: RunReport): Html | null {
  if (curve.length === 0) return null;
  const line = (name: (typeof curveScores)[number] | 'loss') => ({
    name: scoreWords[name].label,
    points: curve.map(({ round, scores }) => [round, scores[name] ?? null] as const),
  });
  const size = { width: 460, height: 280 };
  const shown = curveScores.map(line).filter(({ points }) => points.some(([, value]) => value !== null));
  return html`<section><h2>From round to round</h2>
<p class="soft">Pooled over the validation patients of all sites. ${
    chosenRound === null ? 'The last model is the result.' : `The model of round ${chosenRound} is the result.`
  }</p>
<div class="pair">${draw(curveChart(shown, chosenRound), size, 'Validation scores by round')}${draw(
    curveChart([line('loss')], chosenRound),
    size,
    'Validation loss by round',
  )}</div></section>`;
}

function participationSection({ participation }: RunReport): Html | null {
  if (participation.length === 0) return null;
  const gaps = participation.filter(({ missing }) => missing.length > 0);
  return html`<section><h2>Who took part</h2>
<p class="soft">Share of all training samples behind each round. ${
    gaps.length === 0 ? 'Every admitted site took part in every round.' : 'Rounds that lacked a site are in amber.'
  }</p>
${draw(coverageChart(participation), { width: 940, height: 190 }, 'Share of training samples by round')}
${
  gaps.length === 0
    ? null
    : html`<div class="scroll"><table><thead><tr><th class="text">Round</th><th>Sites</th><th>Samples</th><th class="text">Missing</th></tr></thead><tbody>${gaps.map(
        ({ round, sites, of, sampleShare, missing }) =>
          html`<tr><th>${round}</th><td>${sites} of ${of}</td><td>${percent(sampleShare)}</td><td class="text">${missing
            .map(({ site, why }) => (why ? `${site} (${why})` : site))
            .join(', ')}</td></tr>`,
      )}</tbody></table></div>`
}</section>`;
}

function provenance(report: RunReport): Html {
  return html`<section><h2>Where this comes from</h2>${facts([
    ['Run', code(report.run)],
    ['Consortium', code(report.consortium)],
    ['Contract', code(report.contract)],
    ['Model', report.model ? code(report.model) : 'none'],
    ['Journal', html`${count(report.journal.records)} records, head ${code(report.journal.head)}`],
    [
      'Software',
      Object.entries(report.software)
        .map(([name, version]) => `${name} ${version}`)
        .join(', '),
    ],
    ['Made', moment(report.generatedAt)],
  ])}</section>
<footer><p>Pooled figures come from the sum of all sites' counts, never from a mean of their figures. The journal is a chain of signed records; its head names all that came before it. Contract and model are named by the SHA-256 of their bytes.</p></footer>`;
}
