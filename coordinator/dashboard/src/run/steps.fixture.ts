import type { StepView } from '@consilium/coordinator/conduct';
import { siteId, stepId } from '@consilium/shared/ids';

type Line = StepView['sites'][number];

/** A step of a run as the coordinator tells it; all made up. */
export function stepLike(
  id: string,
  sites: Readonly<Record<string, Partial<Line>>>,
  more: Partial<StepView> = {},
): StepView {
  const [kind = '', first, second] = id.split(':');
  const lines = Object.entries(sites).map(
    ([site, line]): Line => ({
      ...{ site: siteId.parse(site), standing: 'accepted', hash: null, at: null, seconds: 10, bytes: 900, samples: 40 },
      ...{ refusals: 0, code: null, excused: false },
      ...line,
    }),
  );
  const count = (standing: Line['standing']) => lines.filter((line) => line.standing === standing).length;
  return {
    step: stepId.parse(id),
    kind: kind === 'train' || kind === 'validate' ? kind : 'prepare',
    stage: kind === 'train' ? Number(first) : kind === 'validate' ? 0 : null,
    round: kind === 'train' ? Number(second) : kind === 'validate' ? Number(first) : null,
    ...{ opened: '2026-01-12T08:30:00.000Z', folding: null, done: '2026-01-12T08:30:20.000Z', model: null },
    ...{ sampleShare: null, unmet: [] },
    ...{ isBest: false, asked: lines.length, accepted: count('accepted'), absent: count('absent') + count('left') },
    bytes: lines.reduce((sum, { bytes }) => sum + bytes, 0),
    sites: lines,
    ...more,
  };
}
