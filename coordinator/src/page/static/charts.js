// Curves over the rounds, drawn by ECharts. Tooltips are drawn on the canvas: the page's policy allows no inline styles.

const colours = ['#0f766e', '#c2410c', '#1d5fa8', '#a21caf', '#64748b', '#ca8a04', '#be123c', '#4d7c0f'];

/** A chart in an element; `show` draws lines of [round, value or null]. */
export function curves(element) {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const chart = globalThis.echarts.init(element, null, { renderer: 'canvas' });
  const resize = new ResizeObserver(() => chart.resize());
  resize.observe(element);
  const axis = {
    axisLine: { lineStyle: { color: colour('--line') } },
    axisLabel: { color: colour('--quiet') },
    splitLine: { lineStyle: { color: colour('--line') } },
  };
  chart.setOption({
    color: colours,
    animation: !matchMedia('(prefers-reduced-motion: reduce)').matches,
    animationDuration: 300,
    aria: { enabled: true },
    grid: { left: 44, right: 16, top: 34, bottom: 30 },
    legend: { top: 0, left: 0, icon: 'roundRect', itemWidth: 12, itemHeight: 4, textStyle: { color: colour('--ink') } },
    tooltip: {
      trigger: 'axis',
      renderMode: 'richText',
      backgroundColor: colour('--card'),
      borderColor: colour('--line'),
      textStyle: { color: colour('--ink') },
      valueFormatter: (value) => (typeof value === 'number' ? value.toFixed(3) : '–'),
    },
    xAxis: {
      type: 'value',
      minInterval: 1,
      min: 1,
      ...axis,
      splitLine: { show: false },
      axisLabel: { color: colour('--quiet'), formatter: 'round {value}', hideOverlap: true, showMaxLabel: false },
    },
    yAxis: { type: 'value', scale: true, ...axis },
    series: [],
  });
  return {
    show(lines, rounds) {
      chart.setOption(
        {
          xAxis: { max: Math.max(2, rounds) },
          series: lines.map(({ name, points, strong }) => ({
            name,
            type: 'line',
            data: points,
            symbol: 'circle',
            symbolSize: points.length > 40 ? 0 : 5,
            connectNulls: false,
            lineStyle: { width: strong ? 3 : 1.75 },
          })),
        },
        { replaceMerge: ['series'] },
      );
    },
    close() {
      resize.disconnect();
      chart.dispose();
    },
  };
}
