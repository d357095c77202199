import { siteId } from '@consilium/shared/ids';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { narrowRun, withoutSites } from './narrow.js';
import { exampleView } from './testing/fake-runs.js';

const view = exampleView({
  error: { code: 'CSM-RUN-REQUIRED-MISSING', details: { step: 'train:0:9', sites: 'hospital-a, hospital-d' } },
});
const own = { role: 'site', site: siteId.parse('hospital-a') } as const;

describe('a run', () => {
  it('is whole for the lead', () => {
    expect(narrowRun(view, { role: 'lead' })).toBe(view);
  });

  it("shows a site user the own site's lines and all pooled figures", () => {
    const seen = narrowRun(view, own);
    expect(seen.sites).toEqual([view.sites[0]]);
    expect(seen.coverage.sites).toEqual([view.coverage.sites[0]]);
    expect(seen.judged.map(({ pooled }) => pooled)).toEqual(view.judged.map(({ pooled }) => pooled));
    expect(seen.judged.every(({ sites }) => sites.length === 1 && sites[0]?.site === own.site)).toBe(true);
    // A share that grows with each site that comes would tell how large each is.
    expect(seen.participation.open).toMatchObject({ behind: 1, sampleShare: null });
    expect(seen.turnout).toEqual({ sites: 4, connected: 3, accepted: 1, refused: 0, absent: 1, left: 0 });
    expect(seen.error?.details).toEqual({ step: 'train:0:9', sites: 'hospital-a, another site' });
  });

  it('tells whose report is lacking to whom that site may be shown, and how many are to everybody', () => {
    const error = { code: 'CSM-RUN-REQUIRED-MISSING', details: { step: 'test', sites: 'hospital-a, hospital-d' } };
    const lacking = (['hospital-a', 'hospital-d'] as const).map((name) => ({
      ...{ site: siteId.parse(name), report: 'missing' as const, error },
    }));
    const closed = { ...view, error, reports: { released: 2, lacking: 2 }, lacking };
    const seen = narrowRun(closed, own);
    expect(seen.lacking).toEqual([
      {
        site: own.site,
        report: 'missing',
        error: { code: error.code, details: { step: 'test', sites: 'hospital-a, another site' } },
      },
    ]);
    expect(narrowRun(closed, { role: 'viewer' })).toMatchObject({ reports: { released: 2, lacking: 2 }, lacking: [] });
  });

  it('shows a viewer, and the user of a site that takes no part, pooled figures alone', () => {
    for (const sight of [{ role: 'viewer' }, { role: 'site', site: siteId.parse('elsewhere') }] as const) {
      const seen = narrowRun(view, sight);
      expect([seen.sites, seen.coverage.sites]).toEqual([[], []]);
      expect(seen.coverage.sampleShare).toEqual(view.coverage.sampleShare);
      expect(JSON.stringify(seen)).not.toContain('hospital-');
    }
  });
});

describe('a fault', () => {
  it('that names no other site is told as it is', () => {
    const error = { code: 'CSM-RUN-QUORUM', details: { step: 'train:0:9', sites: 2, needed: 3 } };
    expect(withoutSites(error, new Set(['hospital-b']))).toEqual(error);
  });

  it('that names another site is told without its name and its figures', () => {
    const error = { code: 'CSM-UPDATE-NORM', details: { site: 'hospital-b', norm: 7.5, step: 'train:0:9' } };
    const veiled = { site: 'another site', norm: '–', step: 'train:0:9' };
    expect(withoutSites(error, new Set(['hospital-b']))).toEqual({ code: error.code, details: veiled });
  });

  it('never keeps a name, wherever it stands', () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
    fc.assert(
      fc.property(word, fc.array(fc.oneof(word, fc.constantFrom(', ', ' ', ':', '(', ')'))), (name, parts) => {
        const text = [...parts, ' ', name, ' '].join('');
        const { details } = withoutSites({ code: 'x', details: { text } }, new Set([name]));
        expect(
          String(details.text)
            .split(/[^a-z0-9-]+/)
            .filter((part) => part === name),
        ).toEqual(name === 'another' || name === 'site' ? expect.anything() : []);
      }),
    );
  });
});
