import { type AtThreshold, thresholdRates } from '../../metrics/index.js';
import { thresholdWords } from '../../words/index.js';
import type { SiteReport } from '../site-report.js';
import { shownShare } from './figures.js';
import { type Html, html } from './markup.js';
import { count, decimal } from './numbers.js';

const whyNone: Readonly<Record<Extract<AtThreshold, { readonly none: string }>['none'], string>> = {
  'no validation': 'no validation patients were kept aside to choose a threshold on.',
  'few patients': 'the site has too few patients of a class to tell a threshold chosen on them.',
  'one class': 'the validation patients are all of one class.',
  'no fit': 'no threshold tells the classes of the validation patients apart.',
};

/** How good the answers of two classes are where the line between them is drawn by other patients than those it is judged on. */
export function thresholdSection({ atThreshold: at }: SiteReport): Html | null {
  if (at === undefined) return null;
  if ('none' in at) {
    return html`<section><h2>Answers at a threshold</h2><p class="soft">There are no figures of them: ${whyNone[at.none]}</p></section>`;
  }
  return html`<section><h2>Answers at a threshold</h2>
<p class="soft">Here a sample is called ${at.positive} where its probability of that class is <b>${decimal(at.threshold, 2)}</b> or more. On this site's ${count(at.fittedTo)} validation samples sensitivity and specificity together are greatest there; the figures are of the test samples, which had no part in the choice. They are withheld together where they and the confusion matrix above would tell of few patients.</p>
<div class="scroll"><table><thead><tr><th class="text">Figure</th><th>Value</th><th>95 % interval</th><th class="text">What it says</th></tr></thead>
<tbody>${thresholdRates.map((name) => {
    const { value, interval } = at[name];
    const { label, meaning } = thresholdWords[name];
    return html`<tr><th>${label}</th><td>${shownShare(value, 3)}</td><td>${
      interval === null ? '–' : `${decimal(interval.low)} to ${decimal(interval.high)}`
    }</td><td class="text">${meaning}</td></tr>`;
  })}</tbody></table></div></section>`;
}
