import { type Html, html, trusted } from './markup.js';
import { style } from './style.js';

/** A whole HTML file that needs nothing else: its policy forbids scripts and every request. */
export function page(title: string, content: Html): string {
  return html`${trusted('<!doctype html>')}
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
${style}
</head>
<body><main>${content}</main></body>
</html>
`.markup;
}

export function facts(rows: readonly (readonly [label: string, value: string | Html])[]): Html {
  return html`<dl>${rows.map(([label, value]) => html`<dt>${label}</dt><dd>${value}</dd>`)}</dl>`;
}

export const code = (text: string): Html => html`<code>${text}</code>`;

export const syntheticBanner = (synthetic: boolean): Html | null =>
  synthetic
    ? html`<p class="banner">Synthetic data. Every patient in this report is invented; its figures say nothing of medicine.</p>`
    : null;

export const caveatBanner = (caveat: string | undefined): Html | null =>
  caveat === undefined ? null : html`<p class="banner">${caveat}</p>`;

export function notesSection(notes: readonly string[]): Html | null {
  return notes.length === 0
    ? null
    : html`<section><h2>Please note</h2><ul class="notes">${notes.map((note) => html`<li>${note}</li>`)}</ul></section>`;
}
