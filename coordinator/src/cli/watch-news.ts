import { figure } from '@consilium/shared/terminal';
import type { RunView } from '../conduct/view.js';
import { doingOf } from '../following/index.js';
import { explainWire } from './output.js';
import { headline, withInterval } from './status-text.js';

/** What is new in a view, in words, for logs and pipes: each thing that happened is told once. Pure. */
export function news(before: RunView | null, view: RunView): readonly string[] {
  const lines: string[] = [];
  const judged = view.judged.slice(before?.judged.length ?? 0);
  for (const { round, pooled } of judged) {
    const what = round === null ? 'test' : `round ${round}`;
    lines.push(
      view.caveat === null
        ? `${what}: accuracy ${withInterval(pooled)}, macro F1 ${figure(pooled.macroF1)}, loss ${figure(pooled.loss)}`
        : `${what}: ${view.caveat}`,
    );
  }
  for (const site of view.sites) {
    const old = before?.sites.find((known) => known.site === site.site);
    if (old !== undefined && isAway(old) !== isAway(site)) {
      lines.push(`${site.site}: ${isAway(site) ? 'away' : 'back'}`);
    }
    if (site.error !== null && old?.error?.code !== site.error.code) {
      lines.push(`${site.site}: ${explainWire(site.error)}`);
    }
  }
  if (before === null || headline(before) !== headline(view)) lines.push(headline(view));
  if (view.error !== null && before?.error?.code !== view.error.code) lines.push(explainWire(view.error));
  return lines;
}

const isAway = (site: RunView['sites'][number]): boolean => doingOf(site).mood === 'away';
