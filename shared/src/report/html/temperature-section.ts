import type { ScaledCalibration } from '../../metrics/index.js';
import { scoreWords } from '../../words/index.js';
import type { SiteReport } from '../site-report.js';
import { reliabilityPair } from './class-sections.js';
import { shownShare } from './figures.js';
import { type Html, html } from './markup.js';
import { count, decimal } from './numbers.js';

const names = ['ece', 'ece15', 'mce', 'brier', 'loss'] as const;

const whyNone: Readonly<Record<Extract<ScaledCalibration, { readonly none: string }>['none'], string>> = {
  'no validation': 'no validation patients were kept aside to fit a temperature to.',
  'few patients': 'the site has too few validation patients to tell a temperature fitted to them.',
  'no fit': 'no temperature from 0.05 to 20 fits the validation patients best.',
};

/** Whether the confidence could be trusted once one number, fitted on other patients, has toned it down or up. */
export function temperatureSection({ temperatureScaled: scaled, measures }: SiteReport): Html | null {
  if (scaled === undefined) return null;
  if ('none' in scaled) {
    return html`<section><h2>Confidence at a temperature</h2><p class="soft">There are no figures of it: ${whyNone[scaled.none]}</p></section>`;
  }
  const { temperature, fittedTo, scores, reliability } = scaled;
  return html`<section><h2>Confidence at a temperature</h2>
<p class="soft">Temperature scaling divides the model's logits by one number and changes no answer. A temperature of <b>${decimal(temperature, 3)}</b> gave this site's ${count(fittedTo)} validation samples the least loss; here it is applied to the test samples. Above 1 the model is too sure of itself, below 1 too modest.</p>
<div class="scroll"><table><thead><tr><th class="text">Figure</th><th>As it is</th><th>At the temperature</th></tr></thead>
<tbody>${names.map(
    (name) =>
      html`<tr><th>${scoreWords[name].label}</th><td>${shownShare(measures.scores[name].value, 3)}</td><td>${shownShare(scores[name], 3)}</td></tr>`,
  )}</tbody></table></div>
${reliabilityPair(
  reliability,
  html`The same curve at the temperature. Where it and the one above would tell of few patients together, bins are withheld.`,
  'Share right against confidence at the temperature',
)}</section>`;
}
