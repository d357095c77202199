import { type ScoreName, scoreNames } from '@consilium/shared/metrics';
import { scoreWords } from '@consilium/shared/words';
import { useMemo, useState } from 'react';
import { format } from '../locale.js';
import { Card } from '../parts/card.js';
import { Pick } from '../parts/choice.js';
import { Absent } from '../parts/notice.js';
import { type Cell, type Judged, scoreMatrix, shadeOf } from './score-matrix.js';
import type { SiteResult } from './site-reports.js';

/** Deepest shade of a cell, in per cent of the accent. */
const deepest = 48;

/** Every model on every site's test patients, shaded from worst to best. */
export function HeatMap({
  results,
  test,
}: {
  readonly results: readonly SiteResult[];
  readonly test: Judged | undefined;
}) {
  const [score, setScore] = useState<ScoreName>('accuracy');
  const matrix = useMemo(() => scoreMatrix(results, test, score), [results, test, score]);
  const words = scoreWords[score];
  return (
    <Card
      title="Site by model"
      text={`${words.label} on each site’s test patients. ${words.meaning} The deeper the shade, the better. Small figures below are 95 % intervals.`}
      tools={
        <Pick
          label="Figure"
          options={scoreNames.map((name) => [name, scoreWords[name].label] as const)}
          chosen={score}
          choose={(name) => setScore(scoreNames.find((known) => known === name) ?? 'accuracy')}
        />
      }
    >
      {matrix.rows.length === 0 ? (
        <Absent>No figures of the final test yet.</Absent>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
        <section className="wide" aria-label="Site by model" tabIndex={0}>
          <table className="heat">
            <thead>
              <tr>
                <th scope="col">Site</th>
                {matrix.models.map((model) => (
                  <th key={model} scope="col">
                    {model}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {matrix.rows.map(({ site, whole, cells }) => (
                <tr key={site} className={whole ? 'whole' : ''}>
                  <th scope="row">{site}</th>
                  {cells.map((cell, column) => (
                    <HeatCell key={matrix.models[column]} cell={cell} shade={shadeOf(cell, matrix, words.better)} />
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      <WithheldLegend />
    </Card>
  );
}

function HeatCell({ cell, shade }: { readonly cell: Cell; readonly shade: number }) {
  switch (cell.kind) {
    case 'value':
      return (
        <td style={{ background: shadeColour('--right', shade) }}>
          {format.score(cell.value)}
          {cell.low === null || cell.high === null ? null : (
            <div className="between">
              {format.score(cell.low, 2)} to {format.score(cell.high, 2)}
            </div>
          )}
        </td>
      );
    case 'withheld':
      return <Withheld />;
    case 'none':
      return <td className="none">–</td>;
    default:
      return cell satisfies never;
  }
}

/** A cell whose figure is withheld: hatched, and named as such, where there are many of them to those who do not see it alone. */
export const Withheld = ({ many = false }: { readonly many?: boolean }) => (
  <td className="withheld" title="Withheld to protect patients">
    <span className={many ? 'unseen' : ''}>withheld</span>
  </td>
);

export const shadeColour = (name: '--right' | '--wrong', share: number): string =>
  `rgb(var(${name}) / ${Math.round(deepest * Math.min(1, Math.max(0, share)))}%)`;

export const WithheldLegend = () => (
  <p className="legend">
    <span className="hatched">
      withheld: it counts too few patients, or would give such a count away. It may be any number; it does not stand for
      zero.
    </span>
  </p>
);
