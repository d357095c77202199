import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PublicKey, Signature } from '../ids.js';
import { isWithheld } from '../metrics/index.js';
import { inventReport } from './reports.fixture.js';
import { signReport, verifyReport } from './sign-report.js';
import { releaseDataCounts, signedReport, siteReport } from './site-report.js';

const key = 'k'.repeat(43) as PublicKey;

/** A stand-in that binds domain and bytes, so that a change of either shows. */
const tag = (domain: string, bytes: Uint8Array) =>
  createHash('sha512').update(domain).update(bytes).digest('base64url') as Signature;
const verify = (_: PublicKey, domain: string, bytes: Uint8Array, signature: string) => tag(domain, bytes) === signature;

describe('a site report', () => {
  const report = inventReport();

  it('is read back from JSON as it was', () => {
    const signed = signReport(report, tag);
    expect(signedReport.parse(JSON.parse(JSON.stringify(signed)))).toEqual(signed);
  });

  it('that was signed before it told of its rounds is still held to its signature, and so is one that does', () => {
    const takenPart = [{ stage: 'train', rounds: 30, accepted: [[1, 30]] as [number, number][] }];
    for (const one of [report, { ...report, takenPart }]) {
      const read = signedReport.parse(JSON.parse(JSON.stringify(signReport(one, tag))));
      expect(verifyReport(read, key, verify)).toEqual(one);
    }
  });

  it('is held to its signature', () => {
    const signed = signReport(report, tag);
    expect(verifyReport(signed, key, verify)).toEqual(report);
    const altered = { ...signed, report: { ...report, generatedAt: '2026-03-04T10:12:01Z' } };
    expect(() => verifyReport(altered, key, verify)).toThrow(expect.objectContaining({ code: 'CSM-REPORT-SIGNATURE' }));
  });

  it('that was signed before baselines had classes is still held to its signature, and so is one that has them', () => {
    const { scores, perClass } = report.measures;
    const rates = perClass.map(({ class: name, recall, precision, f1, auc }) => ({
      ...{ class: name, recall, precision, f1, auc },
    }));
    for (const panel of [
      { name: 'majority', scores },
      { name: 'majority', scores, perClass: rates },
    ]) {
      const signed = signReport({ ...report, panels: [panel] }, tag);
      const back = signedReport.parse(JSON.parse(JSON.stringify(signed)));
      expect(verifyReport(back, key, verify)).toEqual({ ...report, panels: [panel] });
    }
  });

  it.each([
    ['an unknown field', { ...report, patient: 'x' }],
    ['a foreign part', { ...report, part: 'training' }],
    [
      'a matrix of another size',
      {
        ...report,
        measures: { ...report.measures, confusion: { ...report.measures.confusion, predicted: [1] } },
      },
    ],
    ['NaN', { ...report, measures: { ...report.measures, n: Number.NaN } }],
    ['a missing score', { ...report, measures: { ...report.measures, scores: { mcc: report.measures.scores.mcc } } }],
  ])('is refused with %s', (_, value) => {
    expect(siteReport.safeParse(value).success).toBe(false);
  });
});

describe('data counts', () => {
  it('withhold the total whenever a part is withheld, so that it cannot be subtracted', () => {
    fc.assert(
      fc.property(fc.nat(40), fc.nat(12), fc.nat(12), (kept, otherLabel, quarantined) => {
        const counts = {
          read: kept + otherLabel + quarantined,
          kept,
          otherLabel,
          quarantined,
          features: 9,
          missingFeatures: 1,
        };
        const released = releaseDataCounts(counts, 5);
        const few = [kept, otherLabel, quarantined].some((count) => count > 0 && count < 5);
        expect(isWithheld(released.read)).toBe(few || (counts.read > 0 && counts.read < 5));
        for (const name of ['kept', 'otherLabel', 'quarantined'] as const) {
          expect(released[name]).toEqual(counts[name] > 0 && counts[name] < 5 ? { suppressed: true } : counts[name]);
        }
      }),
    );
  });
});
