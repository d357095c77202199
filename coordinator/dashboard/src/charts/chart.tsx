import type { ChartOption, Ink } from '@consilium/shared/report/charts';
import type { EChartsType } from 'echarts/core';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { format } from '../locale.js';
import { useTheme } from '../theme.js';

/** Loaded with the first drawing: the page itself stands before it. */
const engine = () => import('./engine.js');

/** A drawing on a canvas, and the table of the same figures behind it. */
export function Chart({
  label,
  height,
  option,
  table,
}: {
  readonly label: string;
  readonly height: number;
  /** Made anew whenever it changes; keep it the same object while nothing changed. */
  readonly option: (ink: Ink) => ChartOption;
  /** Left out where the table stands beside the drawing anyway. */
  readonly table?: () => ReactNode;
}) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType | null>(null);
  const newest = useRef(option);
  newest.current = option;
  const [asTable, setAsTable] = useState(false);
  const { dark } = useTheme();

  useEffect(() => {
    const element = place.current;
    if (element === null || asTable) return;
    let gone = false;
    let resize: ResizeObserver | null = null;
    void engine().then(
      ({ init }) => {
        if (gone) return;
        const made = init(element, null, { renderer: 'canvas' });
        chart.current = made;
        made.setOption(drawn(newest.current, element));
        resize = new ResizeObserver(() => made.resize());
        resize.observe(element);
      },
      // The line is down: the table needs no drawing.
      () => setAsTable(true),
    );
    return () => {
      gone = true;
      resize?.disconnect();
      chart.current?.dispose();
      chart.current = null;
    };
  }, [asTable]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme has other colours
  useEffect(() => {
    if (place.current !== null) chart.current?.setOption(drawn(option, place.current), { notMerge: true });
  }, [option, dark]);

  return (
    <figure>
      {asTable && table !== undefined ? (
        table()
      ) : (
        <div className="chart" role="img" aria-label={label} ref={place} style={{ height }} />
      )}
      {table === undefined ? null : (
        <div className="chart-foot">
          <button type="button" className="link-button" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
            {asTable ? 'Show as a drawing' : 'Show as a table'}
          </button>
        </div>
      )}
    </figure>
  );
}

/** The option in the colours of the page. Tooltips are drawn on the canvas: the page's policy allows no inline styles. */
function drawn(option: (ink: Ink) => ChartOption, element: Element): ChartOption {
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const made = option({
    text: colour('--quiet'),
    line: colour('--line'),
    ground: colour('--card'),
    number: format.short,
  });
  const own = Array.isArray(made.tooltip) ? made.tooltip[0] : made.tooltip;
  return {
    ...made,
    ...(own && {
      tooltip: {
        renderMode: 'richText',
        confine: true,
        backgroundColor: colour('--card'),
        borderColor: colour('--line'),
        textStyle: { color: colour('--ink'), fontSize: 12 },
        valueFormatter: (value: unknown) => (typeof value === 'number' ? format.score(value) : '–'),
        ...own,
      },
    }),
  };
}
