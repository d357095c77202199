import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Signature } from '../../ids.js';
import { withheld } from '../../metrics/index.js';
import { inventReport, inventRun, subtypes } from '../reports.fixture.js';
import type { SiteReport } from '../site-report.js';
import { escapeHtml, html } from './markup.js';
import { runReportHtml } from './run-report-html.js';
import { reportHtml } from './site-report-html.js';

const signature = 'x'.repeat(86) as Signature;
const render = (report: SiteReport) => reportHtml({ report, signature });

/** The tags that a browser would see, by name; text and attribute values taken away. */
const tagsOf = (page: string) =>
  [...page.replaceAll(/"[^"]*"/g, '""').matchAll(/<\/?([a-z][\w-]*)/gi)].map(([, name]) => name!.toLowerCase());

/** A column's name has this where it may break. */
const mayBreak = 'wbr';

const hostile = fc.oneof(
  fc.constantFrom(
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' onload='x",
    '</svg><script>',
    '&lt;',
    ']]>',
    '</style>',
    '{a|b}',
  ),
  fc.string({ minLength: 1, maxLength: 60, unit: 'binary' }),
);

describe('the part that a site took in the training', () => {
  const told = (takenPart?: SiteReport['takenPart']) =>
    /part in the training<\/h2>.*?<dl>(.*?)<\/dl>/s.exec(
      render({ ...inventReport(), ...(takenPart && { takenPart }) }),
    )?.[1];

  it('is told by its rounds, and by stage where there are several', () => {
    const accepted: [number, number][] = [
      [1, 11],
      [14, 14],
    ];
    const first = { stage: 'train', rounds: 30, accepted };
    expect(told([first])).toBe('<dt>Rounds</dt><dd>1 to 11, 14 of at most 30</dd>');
    expect(told([first, { stage: 'head', rounds: 5, accepted: [] }])).toContain(
      '<dt>Stage head</dt><dd>none of at most 5</dd>',
    );
  });

  it('is left out where the site noted none', () => {
    expect(told()).toBeUndefined();
  });
});

describe('what stands beside the model', () => {
  const report = inventReport();
  const { scores, perClass } = report.measures;
  const rates = perClass.map(({ class: name, precision, f1, auc }) => ({
    ...{ class: name, precision, f1, auc },
    recall: name === 'NPM1' ? 0.375 : withheld,
  }));
  const panel = { name: 'nearest-5', scores: { ...scores, accuracy: { value: 0.125, interval: null } } };
  const page = render({
    ...report,
    panels: [
      { ...panel, scores: { ...panel.scores, ap: { value: 0.0625, interval: null } }, perClass: rates },
      { ...panel, name: 'majority', scores: { ...scores, accuracy: { value: withheld, interval: null } } },
    ],
    figures: [{ name: 'retrieval-map3', n: 41, mean: 0.5678 }],
  });
  const mark = /<span class="withheld" title="[^"]+">∗<\/span>/.source;

  it('is told with every figure, a withheld one by its mark alone', () => {
    expect(page).toContain('<div class="beside"><span>nearest-5</span><span>0.13</span></div>');
    expect(page).toMatch(new RegExp(`<span>majority</span><span>${mark}</span>`));
    expect(page).toMatch(/<th>Average precision<\/th>(<td>[^<]+<\/td>){2}<td class="other">0\.063<\/td>/);
  });

  it('is told with every class, where its report has that', () => {
    const lines = [...page.matchAll(/<tr class="other"><th>([^<]+)<\/th><td><\/td><td>(.+?)<\/td>/g)];
    expect(lines.map(([, name]) => name)).toEqual(subtypes.map(() => 'nearest-5'));
    expect(lines[0]?.[2]).toBe('0.38');
    for (const [, , recall] of lines.slice(1)) expect(recall).toMatch(new RegExp(`^${mark}$`));
  });

  it('holds figures of another kind with the number of their samples', () => {
    expect(page).toContain('<tr><th>retrieval-map3</th><td>41</td><td>0.568</td></tr>');
  });

  it('is not spoken of where there is nothing', () => {
    expect(render(report)).not.toMatch(/class="beside"|class="other"|Beside the classes|other predictions/);
  });
});

describe('confidence at a temperature', () => {
  const report = inventReport({ classes: ['AML', 'ALL'] });
  const { reliability } = report.measures;
  const hidden = { count: withheld, accuracy: withheld, confidence: withheld };
  const temperatureScaled = {
    ...{ temperature: 1.734, fittedTo: 48 },
    scores: { loss: 0.61, brier: 0.31, ece: 0.0421, ece15: 0.05, mce: withheld },
    reliability: reliability.map((bin, index) => (index > 7 ? { ...bin, ...hidden } : bin)),
  };

  it('is told beside the plain one, withheld figures by their mark', () => {
    const page = render({ ...report, temperatureScaled });
    const [, section] = page.split('<h2>Confidence at a temperature</h2>');
    expect(section).toContain('<b>1.734</b>');
    expect(section).toContain('48 validation samples');
    expect(section).toMatch(/<td>[\d.]+<\/td><td>0\.042<\/td>/);
    expect(section!.match(/class="withheld"/g)!.length).toBeGreaterThanOrEqual(10);
    expect(page).toContain('fewer than 5 patients');
    const drawings = (text: string) => text.match(/<svg width="100%"/g)?.length;
    expect(drawings(page)).toBe(drawings(render(report))! + 1);
  });

  it.each([
    ['no validation', 'no validation patients were kept aside'],
    ['few patients', 'too few validation patients'],
    ['no fit', 'no temperature from 0.05 to 20'],
  ] as const)('is said to be none where there is %s', (none, words) => {
    expect(render({ ...report, temperatureScaled: { none } })).toContain(words);
  });

  it('is not spoken of in a report that has none', () => {
    expect(render(report)).not.toContain('Confidence at a temperature');
  });
});

describe('answers at a threshold', () => {
  const report = inventReport({ classes: ['AML', 'A<L>L'] });
  const rate = { value: 0.812, interval: { low: 0.7, high: 0.9, method: 'wilson' } } as const;
  const hidden = { value: withheld, interval: null };
  const at = { threshold: 0.37, fittedTo: 48, positive: 'A<L>L' };
  const rates = (own: typeof rate | typeof hidden) => ({
    ...{ sensitivity: own, specificity: own, ppv: own, npv: own, accuracy: own },
  });

  it('are told with the threshold, its class and the samples that it was chosen on', () => {
    const [, section] = render({ ...report, atThreshold: { ...at, ...rates(rate) } }).split(
      '<h2>Answers at a threshold</h2>',
    );
    expect(section).toContain('<b>0.37</b>');
    expect(section).toContain('called A&lt;L&gt;L where');
    expect(section).toContain('48 validation samples');
    expect(section).toContain('<tr><th>Sensitivity</th><td>0.812</td><td>0.70 to 0.90</td>');
  });

  it('carry the mark where they are withheld', () => {
    const page = render({ ...report, atThreshold: { ...at, ...rates(hidden) } });
    const [section] = page.split('<h2>Answers at a threshold</h2>')[1]!.split('</section>');
    expect(section!.match(/class="withheld"/g)).toHaveLength(5);
    expect(page).toContain('fewer than 5 patients');
  });

  it.each([
    ['no validation', 'no validation patients were kept aside to choose'],
    ['few patients', 'too few patients of a class'],
    ['one class', 'are all of one class'],
    ['no fit', 'no threshold tells the classes'],
  ] as const)('are said to be none where there is %s', (none, words) => {
    expect(render({ ...report, atThreshold: { none } })).toContain(words);
  });

  it('are not spoken of in a report that has none', () => {
    expect(render(report)).not.toContain('Answers at a threshold');
  });
});

describe('subgroups', () => {
  const report = inventReport({ classes: ['AML', 'ALL'] });
  const { scores } = report.measures;
  const page = render({
    ...report,
    subgroups: [
      {
        column: 'age',
        groups: [
          {
            name: 'under <18>',
            n: 41,
            scores: { ...scores, auc: { value: 0.987, interval: null } },
            support: [30, 11],
          },
          { name: '18 and over', n: withheld, scores: null, support: [withheld, withheld] },
          { name: 'not stated', n: 0, scores: null, support: [0, 0] },
        ],
      },
    ],
  });
  const [, section] = page.split('<h3>By age</h3>');

  it('have their figures, with intervals, and their counts by class', () => {
    expect(section).toMatch(
      /<th>under &lt;18&gt;<\/th><td>41<\/td><td>[^<]+<br><span class="soft">[^<]+\u00a0to\u00a0[^<]+<\/span>/,
    );
    expect(section).toContain('<td>0.99</td>');
    expect(section).toMatch(/<th>AML<\/th><td>30<\/td><td><span class="withheld"/);
    expect(page).toContain('fewer than 5 patients');
  });

  it('are marked where they are withheld, and empty where they are empty', () => {
    const rows = section!.split('<tr>');
    const hidden = rows.find((row) => row.startsWith('<th>18 and over</th><td>'));
    expect(hidden?.match(/class="withheld"/g)).toHaveLength(7);
    expect(hidden).not.toContain('>0<');
    expect(rows.find((row) => row.startsWith('<th>not stated</th>'))).toContain('<td>0</td><td>–</td>');
  });

  it('are not spoken of where the run names none', () => {
    expect(render(report)).not.toContain('Is it as good for everyone?');
  });
});

describe("a class's name above its column", () => {
  const headsOf = (classes: readonly string[]) => {
    const [, table] = render(inventReport({ classes })).split('<table class="matrix');
    return table!.split('</thead>')[0]!;
  };

  it('lies level while its pieces are short, and breaks between them', () => {
    const heads = headsOf(['CD14+ Monocyte', 'B cell']);
    expect(heads).toMatch(/^">/);
    expect(heads).toContain('<span>CD14+ <wbr>Monocyte</span>');
  });

  it('stands upright where a piece is long, and is hyphenated only past any line', () => {
    const heads = headsOf(['megakaryocytes', 'pseudopseudohypoparathyroidism']);
    expect(heads).toMatch(/^ steep">/);
    expect(heads).toContain('<span>megakaryocytes</span>');
    expect(heads).toContain('<span>pseudopseud\u00adohypoparath\u00adyroidism</span>');
  });
});

describe('escaping', () => {
  it('leaves nothing of a text that HTML would read', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(html`<p title="${text}">${text}</p>`.markup).not.toMatch(/<(?!p title|\/p>)/);
        expect(escapeHtml(text)).not.toMatch(/[<>"']/);
        expect(escapeHtml(text).replaceAll(/&(amp|lt|gt|quot|#39);/g, '')).not.toContain('&');
      }),
    );
  });

  it('holds for every free text of a site report, in tables and in drawings', () => {
    const named = (text: string) => ({
      panels: [{ name: text, scores: inventReport().measures.scores }],
      subgroups: [
        { column: text, groups: [{ name: text, n: 9, scores: inventReport().measures.scores, support: [9, 0] }] },
      ],
    });
    const plain = tagsOf(render({ ...inventReport(), ...named('majority') }));
    fc.assert(
      fc.property(hostile, (text) => {
        const report = inventReport();
        const page = render({
          ...report,
          runName: text.slice(0, 63),
          backend: text,
          notes: [text],
          ...named(text),
          software: { [text]: text },
          measures: { ...report.measures, perClass: report.measures.perClass.map((own) => ({ ...own, class: text })) },
        });
        expect(tagsOf(page).filter((tag) => ['script', 'img', 'iframe', 'object', 'link'].includes(tag))).toEqual([]);
        expect(new Set([...tagsOf(page), mayBreak])).toEqual(new Set([...plain, mayBreak]));
      }),
      { numRuns: 40 },
    );
  });

  it('has no headline where the figures are no measure of the model', () => {
    const report = inventReport();
    expect(render(report)).toContain('class="tiles"');
    const page = render({ ...report, caveat: 'Copies are tested.' });
    expect(page).toContain('<p class="banner">Copies are tested.</p>');
    expect(page).not.toContain('class="tiles"');
    expect(page).not.toContain('It named the right one');
  });

  it('holds for every free text of a run report', () => {
    const plain = new Set(tagsOf(runReportHtml(inventRun())));
    fc.assert(
      fc.property(hostile, (text) => {
        const run = inventRun();
        const page = runReportHtml({
          ...run,
          name: text,
          outcome: { status: 'failed', why: text },
          terms: [{ label: text, value: text }],
          participation: run.participation.map((own) => ({
            ...own,
            missing: own.missing.map(({ site }) => ({ site, why: text })),
          })),
          sites: run.sites.map((row) => ({ ...row, backend: text, note: text })),
        });
        expect([...new Set(tagsOf(page))].filter((tag) => !plain.has(tag))).toEqual([]);
      }),
      { numRuns: 15 },
    );
  });
});

describe('a site report in HTML', () => {
  const report = inventReport();
  const page = render(report);

  it('needs nothing from any network and runs nothing', () => {
    const addresses = page.match(/(?:https?:)?\/\/[\w.-]+[^\s"']*/g) ?? [];
    expect(addresses.filter((address) => !address.includes('www.w3.org/'))).toEqual([]);
    expect(page).not.toMatch(/<script|<link|@import|url\((?!#)| on\w+=/i);
    expect(page).toContain(`default-src 'none'`);
  });

  it('states the verdict, the classes, the hashes, the signature and that its patients are invented', () => {
    for (const text of [...subtypes.map(escapeHtml), report.model, report.contract, signature, 'Synthetic data']) {
      expect(page).toContain(text);
    }
    expect(page).toContain(`<div class="value">${(report.measures.scores.accuracy.value as number).toFixed(2)}</div>`);
    expect(render({ ...report, synthetic: false })).not.toContain('Synthetic data');
  });

  it('marks each withheld figure, explains the mark, and never prints a zero for it', () => {
    const cells = report.measures.confusion.cells.map((line) => line.map(() => withheld));
    const hidden = render({
      ...report,
      measures: { ...report.measures, confusion: { ...report.measures.confusion, cells } },
    });
    const [, table] = hidden.split('<table class="matrix');
    const rows = table!.split('<tbody>')[1]!.split('</tbody>')[0]!;
    expect(rows.match(/class="withheld"/g)!.length).toBeGreaterThanOrEqual(64);
    expect(rows).not.toMatch(/>0</);
    expect(hidden).toContain('fewer than 5 patients');
    const full = inventReport({ rows: 4000, classes: ['AML', 'ALL'] });
    expect(render({ ...full, data: { ...full.data, read: 726, quarantined: 6 } })).not.toContain('class="withheld"');
  });

  it('says that the difference from the site alone is withheld where there is such a model', () => {
    const panels = [{ name: 'local-only', scores: report.measures.scores }];
    expect(render({ ...report, panels })).toContain('too few patients tell the two apart');
    expect(page).not.toContain('too few patients tell the two apart');
  });

  it('is the same, byte for byte, for the same report', () => {
    expect(render(report)).toBe(page);
  });

  it('draws two charts that scale and are described', () => {
    expect(page.match(/<svg width="100%"/g)).toHaveLength(2);
    expect(page.match(/role="img" aria-label="[^"]+"/g)).toHaveLength(2);
  });
});

describe('a run report in HTML', () => {
  it('names every site, the missing ones with their cause, the journal head and the result', () => {
    const run = inventRun();
    const page = runReportHtml(run);
    for (const text of [...run.sites.map((row) => row.site), 'no progress for 10 min', run.journal.head, run.model!]) {
      expect(page).toContain(text);
    }
    expect(page).toContain('The model of round 19 is the result.');
    expect(page.match(/<svg width="100%"/g)).toHaveLength(5);
  });

  it('holds the sites against each other, and says for which a difference is withheld', () => {
    const page = runReportHtml(inventRun());
    for (const text of [
      'Every site, every model',
      'each site alone',
      '+0.060',
      'Withheld for hospital-south',
      'Worst',
    ]) {
      expect(page).toContain(text);
    }
  });

  it('has a column for the model of an earlier run, and says so of differences from it', () => {
    const run = inventRun();
    const { columns, rows } = run.matrix!;
    const matrix = {
      columns: [...columns, 'previous'],
      rows: rows.map((row) => ({ ...row, cells: [...row.cells, { accuracy: 0.55, macroF1: withheld }] })),
    };
    const told = run.uplift.told.map((own) => ({ ...own, over: 'previous' }));
    const page = runReportHtml({ ...run, matrix, uplift: { ...run.uplift, told } });
    expect(page).toContain('<th class="c" colspan="2">the earlier model</th>');
    expect(page).toContain('<td class="text">the earlier model</td>');
    expect(page).toContain('<td>0.55</td>');
  });

  it('has no figures under a caveat', () => {
    const page = runReportHtml({
      ...inventRun(),
      caveat: 'Copies are tested.',
      pooled: null,
      matrix: null,
      support: null,
    });
    expect(page).toContain('<p class="banner">Copies are tested.</p>');
    expect(page).not.toContain('class="tiles"');
  });

  it('says so when nothing could be judged', () => {
    const page = runReportHtml({ ...inventRun(), pooled: null, curve: [], participation: [] });
    expect(page).toContain('There are no pooled figures of a final test.');
  });
});
