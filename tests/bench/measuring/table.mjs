const columns = ['measured', 'value', 'ratio', 'to', 'goal', ''];

/** Prints the figures of a bench as a table; returns what missed its goal. */
export function printTable(name, figures) {
  const rows = figures.map((figure) => [
    figure.what,
    figure.value,
    figure.ratio === undefined ? '' : `${figure.ratio.toFixed(2)}×`,
    figure.to ?? '',
    goalText(figure.goal ?? figure.wanted),
    figure.goal === undefined ? (figure.wanted === undefined ? '' : 'not judged') : isMet(figure) ? 'met' : 'MISSED',
  ]);
  const widths = columns.map((title, index) => Math.max(title.length, ...rows.map((row) => row[index].length)));
  const line = (cells) =>
    cells
      .map((cell, index) => cell.padEnd(widths[index]))
      .join('  ')
      .trimEnd();
  console.log(`\n${name}`);
  for (const cells of [columns, widths.map((width) => '─'.repeat(width)), ...rows]) console.log(line(cells));
  return figures.filter((figure) => !isMet(figure)).map(({ what }) => `${name}: ${what}`);
}

function goalText(goal) {
  if (goal === undefined) return '';
  return 'atLeast' in goal ? `≥ ${goal.atLeast}×` : `≤ ${goal.atMost}×`;
}

/** NaN meets no goal. */
function isMet({ ratio, goal }) {
  if (goal === undefined) return true;
  return 'atLeast' in goal ? ratio >= goal.atLeast : ratio <= goal.atMost;
}
