import { isWithheld } from '@consilium/shared/metrics';
import type { SiteReport } from '@consilium/shared/report';
import { format } from '../locale.js';
import { Card } from '../parts/card.js';
import { numberOf, shown } from './classes.js';
import { shadeColour, Withheld, WithheldLegend } from './heat-map.js';

/** What was taken for what: a row's shade is its share of the class. */
export function ConfusionMatrix({ report }: { readonly report: SiteReport }) {
  const { perClass, confusion } = report.measures;
  return (
    <Card
      title="What was taken for what"
      text="Each row holds the samples of one true class; the columns are the model’s answers. Right answers lie on the outlined diagonal."
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys */}
      <section className="wide" aria-label="Confusion matrix" tabIndex={0}>
        <table className="heat confusion">
          <thead>
            <tr>
              <th scope="col">true ↓ answer →</th>
              {perClass.map((own) => (
                <th key={own.class} scope="col">
                  {own.class}
                </th>
              ))}
              <th scope="col">all</th>
            </tr>
          </thead>
          <tbody>
            {perClass.map((own, row) => (
              <tr key={own.class}>
                <th scope="row">{own.class}</th>
                {perClass.map(({ class: answer }, column) => {
                  const value = confusion.cells[row]![column]!;
                  if (isWithheld(value)) return <Withheld key={answer} many />;
                  const support = numberOf(own.support);
                  const share = support ? Number(value) / support : 0;
                  return (
                    <td
                      key={answer}
                      className={row === column ? 'right' : Number(value) === 0 ? 'none' : ''}
                      style={{ background: shadeColour(row === column ? '--right' : '--wrong', share) }}
                    >
                      {format.count(Number(value))}
                    </td>
                  );
                })}
                <td className="none">{shown(own.support, format.count)}</td>
              </tr>
            ))}
            <tr>
              <th scope="row">answers</th>
              {confusion.predicted.map((total, column) => (
                <td key={perClass[column]!.class} className="none">
                  {shown(total, format.count)}
                </td>
              ))}
              <td className="none" />
            </tr>
          </tbody>
        </table>
      </section>
      <WithheldLegend />
    </Card>
  );
}
