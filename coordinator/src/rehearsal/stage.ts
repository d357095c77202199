import { MultiBar, type SingleBar } from 'cli-progress';
import type { RunView, SiteView } from '../conduct/index.js';

/** Where a rehearsal shows how far it is. */
export interface Stage {
  say(line: string): void;
  show(view: RunView): void;
  end(view: RunView): void;
}

/** Moving bars for a terminal: one for the run, one for each site. */
export function barStage(stream: NodeJS.WriteStream): Stage {
  let bars: MultiBar | null = null;
  let whole: SingleBar | undefined;
  const ofSite = new Map<string, SingleBar>();
  const draw = (view: RunView): void => {
    const width = Math.max(...view.sites.map(({ site }) => site.length), 5);
    bars ??= new MultiBar({
      stream,
      format: '{name}  {bar}  {words}',
      barsize: 24,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      hideCursor: true,
      clearOnComplete: false,
      forceRedraw: true,
    });
    whole ??= bars.create(view.steps, 0, { name: 'run'.padEnd(width), words: '' });
    whole.update(view.phase === 'closed' ? view.steps : view.index, { words: runWords(view) });
    for (const site of view.sites) {
      const bar = ofSite.get(site.site) ?? bars.create(1, 0, { name: site.site.padEnd(width), words: '' });
      ofSite.set(site.site, bar);
      bar.setTotal(Math.max(1, site.progress?.total ?? 1));
      bar.update(site.standing === 'accepted' ? bar.getTotal() : (site.progress?.done ?? 0), {
        words: siteWords(site),
      });
    }
  };
  return {
    say: (line) => void stream.write(`${line} …\n`),
    show: draw,
    end(view) {
      draw(view);
      bars?.stop();
    },
  };
}

/** One line a step, for logs and pipes. */
export function lineStage(print: (line: string) => void): Stage {
  let last = '';
  return {
    say: (line) => print(`${line} …`),
    show(view) {
      const judged = view.judged.at(-1);
      const figures = judged ? `, accuracy ${judged.pooled.accuracy?.toFixed(3) ?? '–'} at ${judged.step}` : '';
      const line = `${view.phase === 'closed' ? view.outcome : view.step} (${view.index + 1} of ${view.steps})${view.error ? `, ${view.error.code}` : ''}`;
      if (line === last) return;
      last = line;
      print(`${line}${figures}`);
    },
    end() {},
  };
}

function runWords(view: RunView): string {
  const loss = view.judged.at(-1)?.pooled.loss;
  const accuracy = view.judged.at(-1)?.pooled.accuracy;
  const round = view.round === null ? (view.step ?? '') : `round ${view.round} of ${view.rounds}`;
  const state =
    view.phase === 'closed'
      ? (view.outcome ?? '')
      : view.phase === 'paused'
        ? `paused: ${view.error?.code ?? ''}`
        : round;
  const judged =
    accuracy == null ? '' : `   validation accuracy ${accuracy.toFixed(3)}, loss ${loss?.toFixed(3) ?? '–'}`;
  return `${state}${judged}`;
}

function siteWords({ standing, activity, progress, error }: SiteView): string {
  if (standing === 'left' || standing === 'absent' || standing === 'refused')
    return `${standing}: ${error?.code ?? ''}`;
  const loss = progress?.loss === undefined ? '' : `, loss ${progress.loss.toFixed(3)}`;
  return `${standing === 'accepted' ? 'waiting' : (activity ?? 'connecting')}${loss}`;
}
