import { figure } from '@consilium/shared/terminal';
import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import type { RunView, SiteView } from '../conduct/view.js';
import { explainWire } from './output.js';
import { doing, headline } from './status-text.js';

/** Shows a run as it goes. */
export interface LiveView {
  show(view: RunView): void;
  close(): void;
}

/** Moving bars: one for the run, one a site. */
export function liveBars(): LiveView {
  const bars = new MultiBar(
    { format: '{name} {bar} {text}', hideCursor: true, clearOnComplete: true, autopadding: true, forceRedraw: true },
    Presets.shades_grey,
  );
  const known = new Map<string, SingleBar>();
  const draw = (name: string, width: number, value: number, total: number, text: string): void => {
    const payload = { name: name.padEnd(width), text };
    const bar = known.get(name) ?? bars.create(total, 0, payload);
    known.set(name, bar);
    bar.setTotal(total);
    bar.update(value, payload);
  };
  return {
    show(view) {
      const width = Math.max(view.name.length, ...view.sites.map(({ site }) => site.length));
      draw(view.name, width, Math.min(view.index + 1, view.steps), view.steps, `${headline(view)}${latest(view)}`);
      for (const site of view.sites) {
        const { done, total } = site.progress ?? { done: site.standing === 'accepted' ? 1 : 0, total: 1 };
        draw(site.site, width, done, Math.max(total, 1), siteText(site));
      }
    },
    close: () => bars.stop(),
  };
}

/** Lines for logs and pipes: one for each thing that happened. */
export function liveLines(print: (line: string) => void): LiveView {
  let before: RunView | null = null;
  return {
    show(view) {
      for (const line of news(before, view)) print(line);
      before = view;
    },
    close: () => {},
  };
}

/** What is new in a view, in words. Pure. */
export function news(before: RunView | null, view: RunView): readonly string[] {
  const lines: string[] = [];
  const judged = view.judged.slice(before?.judged.length ?? 0);
  for (const { round, pooled } of judged) {
    const what = round === null ? 'test' : `round ${round}`;
    lines.push(
      view.caveat === null
        ? `${what}: accuracy ${figure(pooled.accuracy)}, macro F1 ${figure(pooled.macroF1)}, loss ${figure(pooled.loss)}`
        : `${what}: ${view.caveat}`,
    );
  }
  for (const site of view.sites) {
    const old = before?.sites.find((known) => known.site === site.site);
    if (site.error !== null && old?.error?.code !== site.error.code) {
      lines.push(`${site.site}: ${explainWire(site.error)}`);
    }
  }
  if (before === null || headline(before) !== headline(view)) lines.push(headline(view));
  if (view.error !== null && before?.error?.code !== view.error.code) lines.push(explainWire(view.error));
  return lines;
}

const siteText = (site: SiteView): string =>
  `${site.standing}, ${site.connected ? doing(site) : 'not connected'}${site.error === null ? '' : ` (${site.error.code})`}`;

function latest({ judged, caveat }: RunView): string {
  const last = judged.at(-1);
  return last === undefined || caveat !== null ? '' : `, accuracy ${figure(last.pooled.accuracy)}`;
}
