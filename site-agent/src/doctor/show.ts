import { printable } from '@consilium/shared/terminal';
import type { Finding } from './finding.js';

const [stateWidth, whatWidth] = ['warning'.length + 2, 'Settings'.length + 2];
const indent = stateWidth + whatWidth;
/** Text in a narrower column than this is harder to read than lines that the terminal folds. */
const narrowest = 30;

/** A finding for people: state, what, text, and below it the remedy. @param width of the terminal; none when not one */
export function showFinding({ what, state, text, code, remedy, lines = [] }: Finding, width?: number): string {
  const room = width === undefined || width - indent < narrowest ? Number.POSITIVE_INFINITY : width - indent;
  const paragraphs = [code === undefined ? text : `${code}: ${text}`, ...(remedy === undefined ? [] : [remedy])];
  const told = [...paragraphs.flatMap((paragraph) => folded(printable(paragraph), room)), ...lines.map(printable)];
  const head = state.padEnd(stateWidth) + what.padEnd(whatWidth);
  return told.map((line, index) => `${index === 0 ? head : ' '.repeat(indent)}${line}`.trimEnd()).join('\n');
}

/** The last line. */
export function showSum(findings: readonly Finding[]): string {
  const of = (state: Finding['state'], one: string, many: string) => {
    const count = findings.filter((found) => found.state === state).length;
    return count === 0 ? [] : [`${count} ${count === 1 ? one : many}`];
  };
  const wrong = [...of('fault', 'fault', 'faults'), ...of('warning', 'warning', 'warnings')];
  return wrong.length === 0 ? 'Nothing is wrong.' : `${wrong.join(', ')}.`;
}

/** A paragraph in lines of at most so many characters, broken at blanks. A longer word stands alone. */
function folded(paragraph: string, room: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of paragraph.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
