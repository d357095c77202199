import type { RunView, StepView } from '../../coordinator/src/conduct/index.js';
import type { RunRecord } from '../../coordinator/src/rounds/index.js';
import { blobHash, type SiteId, stepId } from '../../shared/src/ids.js';

type Line = StepView['sites'][number];

const blank = (id: string, stage: number, round: number): Omit<StepView, 'opened' | 'sites'> => ({
  step: stepId.parse(id),
  kind: id.startsWith('train') ? 'train' : 'validate',
  ...{ stage, round, folding: null, done: null, model: null, isBest: false },
  ...{ asked: 0, accepted: 0, absent: 0, sampleShare: null, unmet: [], bytes: 0 },
});

const summed = (step: Omit<StepView, 'asked' | 'accepted' | 'absent' | 'bytes'>): StepView => ({
  ...step,
  asked: step.sites.length,
  accepted: step.sites.filter(({ standing }) => standing === 'accepted').length,
  absent: step.sites.filter(({ standing }) => standing === 'absent' || standing === 'left').length,
  bytes: step.sites.reduce((sum, { bytes }) => sum + bytes, 0),
});

const awaited = (site: SiteId): Line => ({
  ...{ site, standing: 'awaited', hash: null, at: null, seconds: null, bytes: 0, samples: null, refusals: 0 },
  ...{ code: null, excused: false },
});

/** The steps that some records of a run of one stage tell of. */
export function stepsOf(
  records: Iterable<readonly [RunRecord, atMs: number]>,
  sites: readonly SiteId[],
): readonly StepView[] {
  const steps: StepView[] = [];
  const away = new Map<SiteId, string>();
  const change = (how: (step: StepView) => StepView): void => {
    const last = steps.pop();
    if (last !== undefined) steps.push(summed(how(last)));
  };
  const lines = (step: StepView, of: SiteId, how: Partial<Line>): StepView => ({
    ...step,
    sites: step.sites.map((line) => (line.site === of ? { ...line, ...how } : line)),
  });
  for (const [record, atMs] of records) {
    const at = new Date(atMs).toISOString();
    switch (record.type) {
      case 'step-opened': {
        const [, round = '0'] = /(\d+)$/.exec(record.step) ?? [];
        const own = sites.map((site): Line => {
          const code = away.get(site);
          return code === undefined ? awaited(site) : { ...awaited(site), standing: 'absent', code };
        });
        steps.push(summed({ ...blank(record.step, 0, Number(round)), opened: at, sites: own }));
        break;
      }
      case 'contribution-accepted': {
        const { hash, samples, bytes } = record.contribution.manifest;
        change((step) => {
          const seconds = (atMs - Date.parse(step.opened ?? at)) / 1000;
          return lines(step, record.site, { standing: 'accepted', hash, samples, bytes, at, seconds });
        });
        break;
      }
      case 'site-left':
        away.set(record.site, record.error.code);
        change((step) => lines(step, record.site, { standing: 'absent', code: record.error.code }));
        break;
      case 'step-done':
        change((step) => ({ ...step, done: at, model: record.output.model ?? null }));
        break;
      default:
        break;
    }
  }
  return steps;
}

/** Some steps of a run of many rounds, made when they are asked for: each round is trained and judged. */
export function manySteps(
  { sites, rounds, created }: RunView,
  { from, limit }: { readonly from: number; readonly limit: number },
): { readonly total: number; readonly steps: readonly StepView[] } {
  const total = 2 * rounds;
  const firstMs = Date.parse(created);
  const steps = Array.from({ length: Math.max(0, Math.min(limit, total - from)) }, (_, place) => {
    const index = from + place;
    const round = Math.floor(index / 2) + 1;
    const isTraining = index % 2 === 0;
    const id = isTraining ? `train:0:${round}` : `validate:${round}`;
    const openedMs = firstMs + 20_000 * index;
    return summed({
      ...blank(id, 0, round),
      opened: new Date(openedMs).toISOString(),
      done: new Date(openedMs + 19_000).toISOString(),
      model: isTraining ? hashOf(round) : null,
      sites: sites.map(({ site }, number): Line => {
        const isMissing = (round + 7 * number) % 53 === 0;
        if (isMissing) return { ...awaited(site), standing: 'absent', code: 'CSM-RUN-SITE-IDLE' };
        const at = new Date(openedMs + 100 * number).toISOString();
        return {
          ...{ ...awaited(site), standing: 'accepted', at, seconds: 8 + number / 10, bytes: 334_128, samples: 40 },
          hash: hashOf(1000 * round + number),
        };
      }),
    });
  });
  return { total, steps };
}

const hashOf = (number: number) => blobHash.parse(number.toString(16).padStart(64, '0'));
