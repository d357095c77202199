import { canonicalHash } from '../../canonical.js';
import { isWithheld } from '../../metrics/index.js';
import { headScores, scoreWords } from '../../words/index.js';
import { localOnly, previousModel, rivalModels } from '../figure-name.js';
import { reportDomain, type SignedReport, type SiteReport } from '../site-report.js';
import { classSection, confusionSection, reliabilitySection } from './class-sections.js';
import { anyWithheld, otherFigures, shownCount, shownShare, tiles, withheldLegend } from './figures.js';
import { type Html, html } from './markup.js';
import { count, decimal, moment, numberOf, percent } from './numbers.js';
import { caveatBanner, code, facts, notesSection, page, syntheticBanner } from './page.js';
import { subgroupSection } from './subgroup-section.js';
import { temperatureSection } from './temperature-section.js';
import { thresholdSection } from './threshold-section.js';

/** A site's report as one HTML file for people; the JSON beside it is the record. Every text in it is escaped. */
export function reportHtml(signed: SignedReport): string {
  const { report } = signed;
  const { measures, panels = [] } = report;
  return page(
    `${report.site}: ${report.runName}, ${partWords[report.part].short}`,
    html`${syntheticBanner(report.synthetic)}${caveatBanner(report.caveat)}
<div class="kicker">Consilium · site report · ${partWords[report.part].short}</div>
<h1>${report.site}</h1>
<p class="lead">${summary(report)}</p>
${report.caveat === undefined ? tiles(measures.scores, panels) : null}
${panels.length === 0 ? null : besideLegend}
${anyWithheld([measures, panels, report.temperatureScaled, report.atThreshold]) ? withheldLegend(report.minimumCell) : null}
${notesSection(report.notes)}
${upliftSection(report)}
${figuresSection(report)}
${classSection(measures, panels)}
${confusionSection(measures)}
${reliabilitySection(measures)}
${temperatureSection(report)}
${thresholdSection(report)}
<section><h2>More figures</h2>${otherFigures(measures.scores, panels)}</section>
${groupSection(report)}
${subgroupSection(report)}
${dataSection(report)}
${turnoutSection(report)}
${provenance(signed)}`,
  );
}

const partWords = {
  validation: { short: 'validation', long: 'kept aside from training to judge the rounds' },
  test: { short: 'final test', long: 'kept aside from the start and read once, at the end' },
} as const;

function summary({ measures, runName, part, caveat }: SiteReport): Html {
  const accuracy = numberOf(measures.scores.accuracy.value);
  const classes = measures.perClass.length;
  return html`How the model of run <b>${runName}</b> did on <b>${count(measures.n)} samples</b> of this site that were ${
    partWords[part].long
  }. ${
    accuracy === null || caveat !== undefined
      ? null
      : html`It named the right one of ${classes} classes for <b>${percent(accuracy)}</b> of them.`
  }`;
}

const besideLegend = html`<p class="soft">Under the model's figures stand those of other predictions of the same samples: what simpler means, this site alone (${localOnly}) or the result of an earlier run (${previousModel}) reach.</p>`;

/** What the common model has over others: the reason to take part, or not. */
function upliftSection({ uplift = [], panels = [] }: SiteReport): Html | null {
  if (uplift.length === 0) {
    return panels.some(({ name }) => rivalModels.includes(name)) ? upliftWithheld : null;
  }
  const rows = uplift.flatMap(({ over, scores }) =>
    upliftScores.flatMap((name) => {
      const told = scores[name];
      return told ? [{ over: rivalWords[over] ?? over, label: scoreWords[name].label, ...told }] : [];
    }),
  );
  return html`<section><h2>What the common model adds</h2>
<p class="soft">Its score less the other model's, on the same samples. An interval that holds zero says that these samples cannot tell the two apart.</p>
<div class="scroll"><table><thead><tr><th class="text">Over</th><th class="text">Figure</th><th>Difference</th><th>95 % interval</th></tr></thead>
<tbody>${rows.map(
    ({ over, label, difference, interval }) =>
      html`<tr><th>${over}</th><td class="text">${label}</td><td>${plusMinus(difference)}</td><td>${
        interval ? `${plusMinus(interval.low)} to ${plusMinus(interval.high)}` : '–'
      }</td></tr>`,
  )}</tbody></table></div></section>`;
}

const upliftWithheld = html`<section><h2>What the common model adds</h2>
<p class="soft">The difference from the other model is withheld: too few patients tell the two apart, or a figure of one of them is withheld.</p></section>`;

const upliftScores = ['accuracy', 'balancedAccuracy', 'macroF1', 'auc'] as const;
const rivalWords: Readonly<Record<string, string>> = {
  [localOnly]: 'this site alone',
  [previousModel]: 'the earlier model',
};

/** A difference with its sign: a true minus, as wide as the plus. */
const plusMinus = (value: number): string => `${value < 0 ? '−' : '+'}${decimal(Math.abs(value), 3)}`;

/** Figures of another kind than classes have. */
function figuresSection({ figures: others = [] }: SiteReport): Html | null {
  if (others.length === 0) return null;
  return html`<section><h2>Beside the classes</h2>
<div class="scroll"><table><thead><tr><th class="text">Figure</th><th>Samples</th><th>Mean</th></tr></thead>
<tbody>${others.map(
    ({ name, n, mean }) => html`<tr><th>${name}</th><td>${count(n)}</td><td>${decimal(mean, 3)}</td></tr>`,
  )}</tbody></table></div></section>`;
}

/** The same figures of each group's samples. */
function groupSection({ groups = [] }: SiteReport): Html | null {
  if (groups.length === 0) return null;
  return html`<section><h2>By group</h2>
<p class="soft">The same predictions, of the samples of one group at a time. A group of too few patients is left out, and with it another where the rest would tell of it.</p>
<div class="scroll"><table>
<thead><tr><th class="text">Group</th><th>Samples</th>${headScores.map((name) => html`<th>${scoreWords[name].label}</th>`)}</tr></thead>
<tbody>${groups.map(
    ({ name, n, scores }) =>
      html`<tr><th>${name.replace(/^group: /, '')}</th><td>${count(n)}</td>${headScores.map((score) => html`<td>${shownShare(scores[score].value)}</td>`)}</tr>`,
  )}</tbody></table></div></section>`;
}

function dataSection({ data, minimumCell }: SiteReport): Html {
  const missing =
    data.missingFeatures === 0
      ? `all ${count(data.features)} present`
      : `${count(data.missingFeatures)} of ${count(data.features)} missing here, filled in as the contract says`;
  const small = [data.read, data.kept, data.otherLabel, data.quarantined].some((value) => isWithheld(value));
  return html`<section><h2>The data behind it</h2>${facts([
    ['Rows read', html`${shownCount(data.read)}`],
    ['Rows used', html`${shownCount(data.kept)} (training, validation and test together)`],
    ['Others', html`${shownCount(data.otherLabel)} left out: of another class or group than this run looks at`],
    ['Unreadable', html`${shownCount(data.quarantined)} set aside`],
    ['Features', missing],
  ])}${small ? withheldLegend(minimumCell) : null}</section>`;
}

/** Whether the site's patients stand behind the model. */
function turnoutSection({ takenPart = [] }: SiteReport): Html | null {
  if (takenPart.length === 0) return null;
  return html`<section><h2>This site's part in the training</h2>
<p class="soft">The rounds that took an update of this site, as it noted them. Who else stood behind each round is told in the report of the run.</p>${facts(
    takenPart.map(({ stage, rounds, accepted }) => [
      takenPart.length === 1 ? 'Rounds' : `Stage ${stage}`,
      `${accepted.length === 0 ? 'none' : accepted.map(rowText).join(', ')} of at most ${count(rounds)}`,
    ]),
  )}</section>`;
}

const rowText = ([first, last]: readonly [number, number]): string =>
  first === last ? String(first) : `${first} to ${last}`;

function provenance({ report, signature }: SignedReport): Html {
  return html`<section><h2>Where this comes from</h2>${facts([
    ['Run', html`${report.runName} ${code(report.run)}`],
    ['Step', code(report.step)],
    ['Model', code(report.model)],
    ['Contract', code(report.contract)],
    ['Consortium', code(report.consortium)],
    ['Computed on', report.backend],
    [
      'Software',
      Object.entries(report.software)
        .map(([name, version]) => `${name} ${version}`)
        .join(', '),
    ],
    ['Made', `${moment(report.generatedAt)}, by the site's clock`],
    ['SHA-256', code(canonicalHash(report))],
    ['Signature', code(signature)],
  ])}</section>
<footer><p>This page is the reading copy; the JSON file beside it is the record. To verify the record: the signature is Ed25519, by the site's key, over the text <code>${reportDomain}</code>, one zero byte, and the SHA-256 of the report's canonical JSON (RFC 8785), which is printed above. Model and contract are named by the SHA-256 of their bytes.</p>
<p>Intervals: accuracy and figures at a threshold by Wilson's score; balanced accuracy, F1, MCC and AUC by a bootstrap within classes; AUC of a class by DeLong; differences by a bootstrap that draws the same samples for both. All counts are of samples; what is withheld goes by patients.</p></footer>`;
}
