// Elements are made of text nodes, never of HTML text: nothing that a site or a run file says can become markup.

/** Makes an element. `on*` members are listeners, `class` and the rest attributes; false and null are left out. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Parts of a page that are drawn again only when what they show has changed, so that a selection survives. */
export function sections(root) {
  const shown = new Map();
  return (name, data, render) => {
    const text = JSON.stringify(data);
    const known = shown.get(name);
    if (known?.text === text) return;
    const node = render(data);
    if (known) known.node.replaceWith(node);
    else root.append(node);
    shown.set(name, { text, node });
  };
}

export function table(head, rows) {
  const cells = head.map((title) => (typeof title === 'string' ? { title } : title));
  return h(
    'div',
    { class: 'wide' },
    h(
      'table',
      {},
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          cells.map(({ title, number }) => h('th', { scope: 'col', class: number && 'number' }, title)),
        ),
      ),
      h(
        'tbody',
        {},
        rows.map((row) =>
          h(
            'tr',
            {},
            row.map((cell, index) => h('td', { class: cells[index].number && 'number' }, cell)),
          ),
        ),
      ),
    ),
  );
}

export const chip = (text, kind = '') => h('span', { class: `chip ${kind}` }, text);

/** A bar filled to a share of 1. */
export function track(share, label) {
  const fill = h('i');
  fill.style.width = `${Math.round(100 * Math.max(0, Math.min(1, share)))}%`;
  const percent = Math.round(100 * share);
  return h('div', { class: 'track', role: 'progressbar', 'aria-label': label, 'aria-valuenow': percent }, fill);
}

export const tile = (title, value, note) =>
  h(
    'div',
    { class: 'tile' },
    h('span', { class: 'quiet small' }, title),
    h('b', {}, value),
    h('span', { class: 'quiet small' }, note ?? ''),
  );

let errorTexts = {};

/** Fetches the texts of coded errors. */
export async function loadErrors() {
  errorTexts = await (await fetch('errors.json')).json();
}

/** A coded error in full: what happened, and what to do. */
export function explain({ code, details }) {
  const fill = (text) => text.replace(/\{(\w+)\}/g, (_, name) => String(details[name] ?? '?'));
  const known = Object.hasOwn(errorTexts, code) ? errorTexts[code] : null;
  return {
    code,
    message: known ? fill(known.message) : 'See the documentation of this code.',
    remedy: known ? fill(known.remedy) : '',
  };
}

export function notice(error, kind, who) {
  const { code, message, remedy } = explain(error);
  return h(
    'div',
    { class: `notice ${kind}` },
    h('b', {}, who ? `${who}: ` : '', message),
    h('p', {}, remedy),
    h('p', { class: 'quiet small' }, code),
  );
}

export const figure = (value) => (value === null || value === undefined ? '–' : value.toFixed(3));

export function span(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return seconds < 129_600 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}

export const bytes = (count) => (count < 1e6 ? `${(count / 1e3).toFixed(0)} kB` : `${(count / 1e6).toFixed(1)} MB`);

export const moment = (text) => new Date(text).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
