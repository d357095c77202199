import { isWithheld, type ReleasedMeasures } from '../../metrics/index.js';
import { classChart, classChartHeight, reliabilityChart } from '../charts/index.js';
import type { ReleasedPanel } from '../site-report.js';
import { draw } from './draw.js';
import { shownCount, shownShare } from './figures.js';
import { type Html, html } from './markup.js';
import { decimal, numberOf } from './numbers.js';

/** Each class: how often it occurs, how often it is found, how often naming it is right; under it the same of other predictions. */
export function classSection({ perClass }: ReleasedMeasures, panels: readonly ReleasedPanel[] = []): Html {
  const bars = perClass
    .map((own) => ({
      class: own.class,
      recall: numberOf(own.recall),
      precision: numberOf(own.precision),
      f1: numberOf(own.f1),
    }))
    .filter((own) => own.recall !== null || own.precision !== null || own.f1 !== null);
  return html`<section><h2>Class by class</h2>
<p class="soft">Recall: of the samples of a class, the share that the model found. Precision: of the samples that it called this class, the share that are. F1 balances the two. AUC: how well the class's own score ranks it above the others.</p>
<div class="scroll"><table>
<thead><tr><th class="text">Class</th><th>Samples</th><th>Recall</th><th>Precision</th><th>F1</th><th>AUC</th><th>95 % interval</th></tr></thead>
<tbody>${perClass.map(
    (own, index) =>
      html`<tr><th>${own.class}</th><td>${shownCount(own.support)}</td><td>${shownShare(own.recall)}</td><td>${shownShare(
        own.precision,
      )}</td><td>${shownShare(own.f1)}</td><td>${shownShare(own.auc)}</td><td>${
        own.aucInterval ? `${decimal(own.aucInterval.low)} to ${decimal(own.aucInterval.high)}` : '–'
      }</td></tr>${panels.flatMap(({ name, perClass }) => {
        const rates = perClass?.[index];
        return rates === undefined ? [] : [otherLine(name, rates)];
      })}`,
  )}</tbody></table></div>
${
  bars.length < 2
    ? null
    : draw(
        classChart(bars),
        { width: 900, height: classChartHeight(bars.length) },
        'Bars of recall, precision and F1 by class',
      )
}</section>`;
}

type Rates = NonNullable<ReleasedPanel['perClass']>[number];

const otherLine = (name: string, rates: Rates): Html =>
  html`<tr class="other"><th>${name}</th><td></td><td>${shownShare(rates.recall)}</td><td>${shownShare(
    rates.precision,
  )}</td><td>${shownShare(rates.f1)}</td><td>${shownShare(rates.auc)}</td><td></td></tr>`;

/** Past this many classes, or letters in one piece of a name, the column heads stand upright. */
const levelClasses = 6;
const levelLetters = 12;
/** Upright heads have room for so many letters in a line; longer pieces are hyphenated. */
const uprightLetters = 22;

/** A name where it may break: after a space or a mark that joins words. */
const piecesOf = (name: string): readonly string[] =>
  name.match(/[^\s/_+;,.:-]*[\s/_+;,.:-]+|[^\s/_+;,.:-]+/g) ?? [name];

const breakHere = html`<wbr>`;

/** A column's name, which breaks between its pieces, and within one only if that is too long for any line. */
function headOf(name: string): Html {
  const parts = piecesOf(name).map((piece) =>
    piece.length <= uprightLetters ? piece : (piece.match(/.{1,11}/gsu) ?? []).join('\u00ad'),
  );
  return html`<th class="c"><span>${parts.map((part, index) => html`${index === 0 ? null : breakHere}${part}`)}</span></th>`;
}

/** The confusion matrix as a shaded table: a row's shade is its share of the class. */
export function confusionSection({ perClass, confusion }: ReleasedMeasures): Html {
  const names = perClass.map((own) => own.class);
  const upright = names.length > levelClasses || names.flatMap(piecesOf).some((piece) => piece.length > levelLetters);
  const cell = (row: number, column: number): Html => {
    const value = confusion.cells[row]![column]!;
    const right = row === column;
    if (isWithheld(value)) return html`<td class="${right ? 'right hid' : 'hid'}">${shownCount(value)}</td>`;
    const support = numberOf(perClass[row]!.support);
    const share = support ? Number(value) / support : 0;
    const shade = `background:color-mix(in srgb, var(${right ? '--mark' : '--wrong'}) ${Math.round(share * 62)}%, transparent)`;
    return html`<td class="${right ? 'right' : ''}${value === 0 ? ' zero' : ''}" style="${shade}">${shownCount(value)}</td>`;
  };
  return html`<section><h2>What was taken for what</h2>
<p class="soft">Each row holds the samples of one true class; the columns are the model's answers. Right answers lie on the outlined diagonal. The deeper the shade, the larger the share of the row.</p>
<div class="scroll"><table class="matrix${upright ? ' steep' : ''}">
<thead><tr><th class="axis">true ↓ answer →</th>${names.map(headOf)}<th class="c"><span>all</span></th></tr></thead>
<tbody>${names.map(
    (name, row) =>
      html`<tr><th>${name}</th>${names.map((_, column) => cell(row, column))}<td class="total">${shownCount(perClass[row]!.support)}</td></tr>`,
  )}<tr><th class="axis">answers</th>${confusion.predicted.map(
    (total) => html`<td class="total">${shownCount(total)}</td>`,
  )}<td></td></tr></tbody></table></div></section>`;
}

/** Whether stated confidence can be taken at its word. */
export function reliabilitySection({ reliability }: ReleasedMeasures): Html | null {
  if (reliability.every((bin) => bin.count === 0)) return null;
  return html`<section><h2>Can its confidence be trusted?</h2>
${reliabilityPair(
  reliability,
  html`If the model is honest about its own doubt, the dots lie on the dashed line: of the answers that it holds 80\u00a0% sure, 80\u00a0% are right. Dots below the line: too sure of itself. Above: too modest. Larger dots stand for more samples.`,
  'Share right against stated confidence',
)}</section>`;
}

/** A reliability curve, drawn and in numbers. @param label what the drawing shows; different for each of a page */
export function reliabilityPair(reliability: ReleasedMeasures['reliability'], text: Html, label: string): Html {
  const bins = reliability.flatMap((bin) => {
    const [size, accuracy, confidence] = [numberOf(bin.count), numberOf(bin.accuracy), numberOf(bin.confidence)];
    return size && accuracy !== null && confidence !== null ? [{ count: size, accuracy, confidence }] : [];
  });
  const occupied = reliability.filter((bin) => bin.count !== 0);
  return html`<div class="pair"><div>
<p class="soft">${text}</p>
${bins.length === 0 ? html`<p class="soft">No bin has enough patients to be drawn.</p>` : draw(reliabilityChart(bins), { width: 440, height: 320 }, label)}
</div><div class="scroll"><table>
<thead><tr><th class="text">Confidence</th><th>Samples</th><th>Mean</th><th>Share right</th></tr></thead>
<tbody>${occupied.map(
    (bin) =>
      html`<tr><th>${decimal(bin.low, 1)} to ${decimal(bin.high, 1)}</th><td>${shownCount(bin.count)}</td><td>${shownShare(
        bin.confidence,
      )}</td><td>${shownShare(bin.accuracy)}</td></tr>`,
  )}</tbody></table></div></div>`;
}
