import type { Tone } from '@consilium/shared/words';
import type { ScreenLine } from './watch-screen.js';

/** What a terminal can do that a pipe cannot; a part of `process.stdout`. */
export interface TerminalStream {
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

/** Lines that are drawn again in the same place. */
export interface TerminalScreen {
  readonly rows: number;
  draw(lines: readonly ScreenLine[]): void;
  /** Clears what was drawn. */
  close(): void;
}

const usual = { columns: 80, rows: 24 } as const;
/** Control Sequence Introducer of ECMA-48. */
const csi = '\u001b[';
/** Select Graphic Rendition; `quiet` is the terminal's own colour. */
const colours = { good: 32, busy: 36, warn: 33, bad: 31, quiet: 39 } as const satisfies Record<Tone, number>;

export function terminalScreen(out: TerminalStream, { isColoured }: { readonly isColoured: boolean }): TerminalScreen {
  let drawn = 0;
  const rows = (): number => out.rows ?? usual.rows;
  const toTop = () => (drawn === 0 ? '' : `${csi}${drawn}A\r`);
  const dressed = ({ text, tone }: ScreenLine): string => {
    // A line that wrapped would be two, and the next drawing would begin in the wrong place.
    const cut = [...text].slice(0, (out.columns ?? usual.columns) - 1).join('');
    return isColoured && tone !== 'quiet' ? `${csi}${colours[tone]}m${cut}${csi}39m` : cut;
  };
  return {
    get rows() {
      return rows();
    },
    draw(lines) {
      const shown = lines.slice(0, rows() - 1);
      const text = shown.map((one) => `${dressed(one)}${csi}K\n`).join('');
      out.write(`${csi}?25l${toTop()}${text}${csi}J`);
      drawn = shown.length;
    },
    close() {
      out.write(`${toTop()}${csi}J${csi}?25h`);
      drawn = 0;
    },
  };
}
