import { SingleBar } from 'cli-progress';
import type { Stage } from '../native-library/index.js';

const linesPerFile = 5;
/** Files below this are here before a line about them is read. */
const smallBytes = 5e6;

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

/** A moving bar for each file, in a terminal. */
export function barStage(stream: NodeJS.WriteStream): Stage {
  let bar: SingleBar | null = null;
  let drawn = '';
  const settle = (): void => {
    bar?.stop();
    bar = null;
    drawn = '';
  };
  return {
    say: (line) => {
      settle();
      stream.write(`${line}\n`);
    },
    show: (file, done, total) => {
      if (drawn !== file) {
        settle();
        drawn = file;
        stream.write(`${file}\n`);
        bar = new SingleBar({
          stream,
          format: '  {bar}  {percentage} %  {words}  {eta_formatted} left',
          barsize: 30,
          barCompleteChar: '█',
          barIncompleteChar: '░',
          hideCursor: true,
          etaBuffer: 200,
        });
        bar.start(total ?? done + 1, done, { words: '' });
      }
      bar?.update(done, { words: total === null ? megabytes(done) : `${megabytes(done)} of ${megabytes(total)}` });
    },
    settle,
  };
}

/** A line now and then, for logs and pipes. */
export function lineStage(print: (line: string) => void): Stage {
  let last = { file: '', step: 0 };
  return {
    say: print,
    show: (file, done, total) => {
      if (total === null || total < smallBytes) return;
      const step = Math.floor((done * linesPerFile) / total);
      if (last.file === file && step <= last.step) return;
      last = { file, step };
      print(`${file}: ${megabytes(done)} of ${megabytes(total)}`);
    },
    settle: () => {},
  };
}
