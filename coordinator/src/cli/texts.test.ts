import { siteId } from '@consilium/shared/ids';
import { printable } from '@consilium/shared/terminal';
import { describe, expect, it } from 'vitest';
import { exampleView } from '../api/testing/fake-runs.js';
import { momentOf, span } from './durations.js';
import { readEvents } from './sse.js';
import { statusText } from './status-text.js';
import { news } from './watch-news.js';

const view = exampleView();

describe('status', () => {
  it('tells round, sites, causes with remedies, figures and who was missing', () => {
    const text = statusText(view);
    expect(text).toContain('running: step 20 of 64 (train:0:9), round 9 of 30');
    expect(text).toMatch(/hospital-a +asked +training 65 %, loss 0.431 +native +214 +1 s ago/);
    expect(text).toMatch(/hospital-d: CSM-RUN-SITE-IDLE: .*612 s.*\n {2}Ask the data manager/);
    expect(text).toContain('Validation after round 8, 70 patients pooled');
    expect(text).toMatch(/hospital-d +15 of 18 +train:0:8 +CSM-RUN-SITE-IDLE/);
  });

  it('names the sites whose report is lacking, with cause and remedy', () => {
    const withheld = { code: 'CSM-REPORT-WITHHELD', details: { site: 'hospital-c', minimum: 5 } };
    const idle = { code: 'CSM-RUN-SITE-IDLE', details: { site: 'hospital-d', seconds: 612, step: 'test' } };
    const text = statusText({
      ...view,
      ...{ phase: 'closed', outcome: 'degraded', reports: { released: 2, lacking: 2 } },
      lacking: [
        { site: siteId.parse('hospital-c'), report: 'withheld', error: withheld },
        { site: siteId.parse('hospital-d'), report: 'missing', error: idle },
      ],
    });
    expect(text).toContain('degraded: step 20 of 64 (train:0:9), without the report of 2 of 4 sites');
    expect(text).toMatch(/No report of hospital-c: CSM-REPORT-WITHHELD: .*fewer than 5 test patients.*\n {2}Nothing/);
    expect(text).toMatch(/No report of hospital-d: CSM-RUN-SITE-IDLE/);
    expect(statusText(view)).not.toContain('No report');
  });

  it('leaves no control character of others in the terminal', () => {
    expect(printable('a\u001b[2Jb\u0007')).toBe('a\ufffd[2Jb\ufffd');
  });
});

describe('news of a run', () => {
  it('are told once', () => {
    const first = news(null, view);
    expect(first.at(-1)).toBe('running: step 20 of 64 (train:0:9), round 9 of 30');
    expect(first.filter((line) => line.startsWith('round '))).toHaveLength(8);
    expect(news(view, view)).toEqual([]);
  });

  it('show no figure that is no measure of the model', () => {
    const lines = news(null, { ...view, caveat: 'Copies are tested.' });
    expect(lines.filter((line) => line.endsWith(': Copies are tested.'))).toHaveLength(8);
    expect(lines.join()).not.toContain('accuracy');
    expect(statusText({ ...view, caveat: 'Copies are tested.' })).toContain('Copies are tested.');
  });

  it('hold a pause with its cause', () => {
    const error = { code: 'CSM-RUN-QUORUM', details: { step: 'train:0:9', sites: 3, needed: 4 } };
    const lines = news(view, { ...view, phase: 'paused', pausedBy: 'participation', error });
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain('paused (waits for sites)');
    expect(lines[1]).toContain('Step train:0:9 has 3 of the 4 sites');
  });
});

describe('an event stream', () => {
  it('is read however it is cut', async () => {
    const bytes = Buffer.from('event: view\ndata: {"ä":1}\n\n: still here\n\ndata: a\ndata: b\n\ndata: torn');
    for (const size of [1, 2, 3, 7, 1000]) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
      const events = [];
      for await (const event of readEvents(streamOf(pieces))) events.push(event);
      expect(events).toEqual([
        { event: 'view', data: '{"ä":1}' },
        { event: 'message', data: 'a\nb' },
      ]);
    }
  });
});

async function* streamOf(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

describe('moments and spans', () => {
  const now = new Date('2026-01-12T00:00:00Z');
  it.each([
    ['30m', '2026-01-12T00:30:00.000Z'],
    ['12h', '2026-01-12T12:00:00.000Z'],
    ['7d', '2026-01-19T00:00:00.000Z'],
    ['2026-02-01', '2026-02-01T00:00:00.000Z'],
  ])('%s', (text, moment) => {
    expect(momentOf(text, 'x', now).toISOString()).toBe(moment);
  });
  it.each(['', '7', 'd', '0d', 'tomorrow', '2026', '2025-01-01', '7 days'])('%j is refused', (text) => {
    expect(() => momentOf(text, 'x', now)).toThrow(expect.objectContaining({ code: 'CSM-CLI-ARGUMENT' }));
  });
  it('are short', () => {
    expect([5, 120, 7200, 200_000].map(span)).toEqual(['5 s', '2 min', '2 h', '2 d']);
  });
});
