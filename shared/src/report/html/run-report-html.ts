import { isWithheld, type ReleasedMeasures } from '../../metrics/index.js';
import { scoreWords } from '../../words/index.js';
import { coverageChart, curveChart } from '../charts/index.js';
import { localOnly } from '../figure-name.js';
import type { RunReport } from '../run-report.js';
import { classSection, confusionSection, reliabilitySection } from './class-sections.js';
import { draw } from './draw.js';
import { anyWithheld, otherFigures, shownCount, tiles, withheldLegend } from './figures.js';
import { type Html, html } from './markup.js';
import { fairnessSection, groupSection, matrixSection, supportSection, upliftSection } from './matrix-sections.js';
import { count, decimal, moment, percent } from './numbers.js';
import { caveatBanner, code, facts, notesSection, page, syntheticBanner } from './page.js';

/** A run's report as one HTML file for its lead. Every text in it is escaped. */
export function runReportHtml(report: RunReport): string {
  const { pooled } = report;
  return page(
    `Run ${report.name}`,
    html`${syntheticBanner(report.synthetic)}${caveatBanner(report.caveat ?? undefined)}
<div class="kicker">Consilium · run report</div>
<h1>${report.name}</h1>
<p class="lead"><span class="chip ${report.outcome.status}">${report.outcome.status}</span> ${summary(report)}</p>
${pooled ? tiles(pooled.measures.scores) : null}
${anyWithheld([pooled, report.matrix, report.support]) ? withheldLegend(report.minimumCell) : null}
${notesSection(report.notes)}
${matrixSection(report)}
${upliftSection(report)}
${fairnessSection(report)}
${siteSection(report)}
${curveSections(report)}
${participationSection(report)}
${
  pooled
    ? html`${classes(pooled.measures)}${supportSection(report)}${reliabilitySection(pooled.measures)}
<section><h2>More figures, all sites together</h2>${otherFigures(pooled.measures.scores)}</section>`
    : null
}
${groupSection(report)}
${figuresSection(report)}
<section><h2>What was agreed</h2>${facts(report.terms.map(({ label, value }) => [label, value] as const))}</section>
${trafficSection(report)}
${provenance(report)}`,
  );
}

function summary({ outcome, pooled, participation, sites, wallSeconds, caveat }: RunReport): Html {
  const time =
    wallSeconds < 90
      ? `${Math.round(wallSeconds)} s`
      : wallSeconds < 5400
        ? `${Math.round(wallSeconds / 60)} min`
        : `${decimal(wallSeconds / 3600, 1)} h`;
  return html`${outcome.why ? html`${outcome.why} ` : null}<b>${counted(participation.length, 'training round')}</b> with <b>${counted(
    sites.length,
    'site',
  )}</b> in ${time}. ${
    pooled
      ? html`Judged on <b>${count(pooled.measures.n)} test samples</b> of ${counted(pooled.sites, 'site')} together:`
      : caveat === null
        ? html`There are no pooled figures of a final test.`
        : null
  }`;
}

const counted = (number: number, what: string): string => `${count(number)} ${what}${number === 1 ? '' : 's'}`;

function siteSection({ sites }: RunReport): Html {
  return html`<section><h2>Who stands behind it</h2>
<p class="soft">What each site brought, and when it was missing.</p>
<div class="scroll"><table class="sites"><thead><tr><th class="text">Site</th><th>Trained on</th><th>Tested on</th><th>Steps with its part</th><th class="text">Report</th><th class="text">Computed on</th></tr></thead>
<tbody>${sites.map((row) => {
    const remarks = [
      ...(row.note === null ? [] : [row.note]),
      ...row.missing.map(({ since, why, excused }) => `Missing since ${since}${excused ? ', excused' : ''}: ${why}`),
    ];
    return html`<tr class="${remarks.length > 0 ? 'noted' : ''}"><th>${row.site}</th><td>${orDash(row.trainingSamples)}</td><td>${orDash(
      row.testSamples,
    )}</td><td>${count(row.contributed)} of ${count(row.asked)}</td><td class="text">${row.report}</td><td class="text">${row.backend ?? '–'}</td></tr>${
      remarks.length > 0 ? html`<tr><td class="text" colspan="6">${remarks.join(' ')}</td></tr>` : null
    }`;
  })}</tbody></table></div></section>`;
}

const orDash = (value: number | null): string => (value === null ? '–' : count(value));

/** Pooled classes. A pooled count is shown only where no site withheld its own: among small sites there may be none. */
const classes = (measures: ReleasedMeasures): Html =>
  measures.perClass.every(({ support }) => isWithheld(support))
    ? html`<section><h2>Class by class</h2>
<p class="soft">Nothing can be told of single classes over all sites: each has too few patients at some site, and a pooled count would give those away. Each site's own report tells what it may.</p></section>`
    : html`${classSection(measures)}${confusionSection(measures)}`;

/** Figures that share a scale from 0 to 1. */
const curveScores = ['accuracy', 'balancedAccuracy', 'macroF1', 'auc'] as const;

function curveSections({ curve, stages }: RunReport): Html {
  return html`${stages.map(({ index, name, chosenRound }) => {
    const points = curve.filter(({ stage }) => stage === index);
    if (points.length === 0) return html``;
    const title = stages.length === 1 ? 'From round to round' : `From round to round: stage ${index + 1}, ${name}`;
    const line = (score: (typeof curveScores)[number] | 'loss') => ({
      name: scoreWords[score].label,
      points: points.map(({ round, scores }) => [round, scores[score] ?? null] as const),
    });
    const size = { width: 460, height: 280 };
    const shown = curveScores.map(line).filter(({ points: own }) => own.some(([, value]) => value !== null));
    return html`<section><h2>${title}</h2>
<p class="soft">Pooled over the validation patients of all sites. ${
      chosenRound === null ? 'The last model is the result.' : `The model of round ${chosenRound} is the result.`
    }</p>
<div class="${shown.length > 0 ? 'pair' : ''}">${
      shown.length === 0
        ? null
        : draw(curveChart(shown, chosenRound), size, `Validation scores by round${ofStage(stages, name)}`)
    }${draw(curveChart([line('loss')], chosenRound), size, `Validation loss by round${ofStage(stages, name)}`)}</div></section>`;
  })}`;
}

const ofStage = (stages: RunReport['stages'], name: string): string => (stages.length === 1 ? '' : ` of stage ${name}`);

function participationSection({ participation, shortfalls = [], stages }: RunReport): Html | null {
  if (participation.length === 0) return null;
  const gaps = participation.filter(({ missing }) => missing.length > 0);
  return html`<section><h2>Who took part</h2>
<p class="soft">Share of all training samples behind each round. ${
    gaps.length === 0 ? 'Every site took part in every round.' : 'Rounds that lacked a site are in amber.'
  }</p>
${stages.map(({ index, name }) => {
  const own = participation.filter(({ stage }) => stage === index);
  if (own.length === 0) return html``;
  const label = `Share of training samples by round${ofStage(stages, name)}`;
  return html`${stages.length === 1 ? null : html`<p class="soft">Stage ${index + 1}, ${name}</p>`}${draw(coverageChart(own), { width: 940, height: 190 }, label)}`;
})}
${
  gaps.length === 0
    ? null
    : html`<div class="scroll"><table><thead><tr><th class="text">Round</th><th>Sites</th><th>Samples</th><th class="text">Missing</th></tr></thead><tbody>${gaps.map(
        ({ stage, round, sites, of, sampleShare, missing }) =>
          html`<tr><th>${stages.length === 1 ? round : `${stage + 1}.${round}`}</th><td>${sites} of ${of}</td><td>${percent(sampleShare)}</td><td class="text">${missing
            .map(({ site, why }) => `${site} (${why})`)
            .join(', ')}</td></tr>`,
      )}</tbody></table></div>`
}${
  shortfalls.length === 0
    ? null
    : html`<p class="soft">These steps went on with less than the contract asks for, as it says.</p>
<div class="scroll"><table><thead><tr><th class="text">Step</th><th class="text">What it lacked</th></tr></thead><tbody>${shortfalls.map(
        ({ step, why }) => html`<tr><th>${step}</th><td class="text">${why.join(' ')}</td></tr>`,
      )}</tbody></table></div>`
}</section>`;
}

function figuresSection({ figures }: RunReport): Html | null {
  if (figures.length === 0) return null;
  return html`<section><h2>Beside the classes</h2>
<div class="scroll"><table><thead><tr><th class="text">Figure</th><th>Samples</th><th>Mean</th></tr></thead>
<tbody>${figures.map(
    ({ name, n, mean }) => html`<tr><th>${name}</th><td>${count(n)}</td><td>${decimal(mean, 3)}</td></tr>`,
  )}</tbody></table></div></section>`;
}

function trafficSection({ traffic }: RunReport): Html | null {
  if (traffic.length === 0) return null;
  return html`<section><h2>What was sent in</h2>
<p class="soft">Bytes of statistics, updates and reports. Nothing else left a site.</p>
<div class="scroll"><table><thead><tr><th class="text">Site</th><th>Contributions</th><th>Refused</th><th>Bytes</th></tr></thead>
<tbody>${traffic.map(
    ({ site, contributions, refusals, bytes }) =>
      html`<tr><th>${site}</th><td>${shownCount(contributions)}</td><td>${shownCount(refusals)}</td><td>${shownCount(bytes)}</td></tr>`,
  )}</tbody></table></div></section>`;
}

function provenance(report: RunReport): Html {
  const versions = (software: RunReport['software']): string =>
    Object.entries(software)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ');
  const bySite = new Map<string, string[]>();
  for (const { site, software } of report.sites) {
    if (software !== null) bySite.set(versions(software), [...(bySite.get(versions(software)) ?? []), site]);
  }
  return html`<section><h2>Where this comes from</h2>${facts([
    ['Run', code(report.run)],
    ['Consortium', code(report.consortium)],
    ['Contract', code(report.contract)],
    ['Model', report.model ? code(report.model) : 'none'],
    ...(report.frozen ? [['Frozen part', code(report.frozen)] as const] : []),
    ['Preparation', report.preparation ? code(report.preparation) : 'none'],
    ['Journal', html`${count(report.journal.records)} records, head ${code(report.journal.head)}`],
    ['Coordinator', versions(report.software)],
    ...[...bySite].map(([words, sites]) => [sites.join(', '), words] as const),
    ['Last record', moment(report.generatedAt)],
  ])}</section>
<footer><p>Pooled figures come from the sum of all sites' counts, never from a mean of their figures. Only accuracy has an interval here, Wilson's; counts alone give no honest one for the others. Each site's own signed report has them all. The journal is a chain of signed records; its head names all that came before it. Contract, model and preparation are named by the SHA-256 of their bytes. The comparison with ${localOnly} models stands where the run file asked for it.</p></footer>`;
}
