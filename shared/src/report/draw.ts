import type { EChartsOption } from 'echarts';
import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, MarkLineComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { type Html, html, trusted } from './html.js';

use([BarChart, LineChart, GridComponent, LegendComponent, MarkLineComponent, SVGRenderer]);

/**
 * Draws a chart as an SVG that scales to its column, without a browser.
 * @param label what a reader who cannot see it should know
 */
export function draw(
  option: EChartsOption,
  size: { readonly width: number; readonly height: number },
  label: string,
): Html {
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...size });
  try {
    chart.setOption(option);
    const svg = chart
      .renderToSVGString()
      // The fixed size becomes the drawing's own proportions: a narrow page or sheet shrinks it.
      .replace(/^<svg width="\d+" height="\d+"/, '<svg width="100%"');
    return html`<div class="chart" style="max-width:${size.width}px" role="img" aria-label="${label}">${trusted(svg)}</div>`;
  } finally {
    chart.dispose();
  }
}
