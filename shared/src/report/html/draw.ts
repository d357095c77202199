import type { EChartsOption } from 'echarts';
import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, MarkLineComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { type Html, html, trusted } from './markup.js';

use([BarChart, LineChart, GridComponent, LegendComponent, MarkLineComponent, SVGRenderer]);

/**
 * Draws a chart as an SVG that scales to its column, without a browser.
 * The same chart gives the same text, so that a report can be compared byte by byte.
 * @param label what a reader who cannot see it should know; different for each chart of a page
 */
export function draw(
  option: EChartsOption,
  size: { readonly width: number; readonly height: number },
  label: string,
): Html {
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...size });
  try {
    chart.setOption(option);
    // Numbered ids differ from call to call and would clash between charts; the label names them instead.
    const prefix = label.toLowerCase().replaceAll(/\W+/g, '-');
    const svg = chart
      .renderToSVGString()
      .replaceAll(/(id="|url\(#)zr\d+-/g, `$1${prefix}-`)
      .replaceAll(/ class="zr\d+-[^"]*"| ecmeta_\w+="[^"]*"/g, '')
      .replace(/<style ?>[\s\S]*<\/style>/, '')
      // The fixed size becomes the drawing's own proportions: a narrow page or sheet shrinks it.
      .replace(/^<svg width="\d+" height="\d+"/, '<svg width="100%"');
    return html`<div class="chart" style="max-width:${size.width}px" role="img" aria-label="${label}">${trusted(svg)}</div>`;
  } finally {
    chart.dispose();
  }
}
