import type { RunView } from '../conduct/view.js';
import type { Formats } from './formats.js';

/** What the contract says will happen to a step that lacks what it asks for. */
export const shortfallWords: Readonly<Record<'unset' | NonNullable<Rule['onShortfall']>, string>> = {
  unset: 'If it lacks that in the end, the run waits for sites that idled out, and fails if none may return.',
  wait: 'If it lacks that in the end, the run waits until the sites are back, and goes on by itself then.',
  degrade:
    'If it lacks that in the end, it goes on with the sites that are there and the run ends degraded; required sites are waited for.',
  fail: 'If it lacks that in the end, the run fails.',
};

type Rule = RunView['participation'];

/** How the open step stands to what the contract asks for, whom a pause waits for, and what happens otherwise: sentences. */
export function participationText(
  { participation, pausedBy, phase }: Pick<RunView, 'participation' | 'pausedBy' | 'phase'>,
  format: Formats,
): readonly string[] {
  const { open, missing, onShortfall } = participation;
  if (open === null || phase === 'closed') return [];
  const share = open.sampleShare === null ? '' : `, with ${format.percent(open.sampleShare)} of the samples`;
  const waited = missing.filter(({ mayReturn }) => mayReturn);
  return [
    `${format.count(open.behind)} of ${format.count(open.asked)} asked sites stand behind the step${share}. ${neededText(participation, format)}`,
    ...(pausedBy === 'participation'
      ? [
          `The run waits for ${waited.length === 0 ? 'sites' : waited.map((one) => missingText(one, format)).join(', ')}. It goes on by itself as soon as the step has what it needs.`,
        ]
      : open.unmet.length > 0
        ? [shortfallWords[onShortfall ?? 'unset']]
        : []),
  ];
}

const missingText = ({ site, since, at }: Rule['missing'][number], { moment }: Formats): string =>
  `${site} (missing since ${since}${at === null ? '' : `, ${moment(at)}`})`;

/** What a step needs: `It needs 3 sites, among them lyon, and 80 % of the samples of a round.` */
function neededText({ quorum, required, minimumSampleShare }: Rule, format: Formats): string {
  const sites = `${format.count(quorum)} ${quorum === 1 ? 'site' : 'sites'}`;
  const among = required.length === 0 ? '' : `, among them ${required.join(', ')}`;
  const share =
    minimumSampleShare === 0
      ? ''
      : `${among === '' ? '' : ','} and ${format.percent(minimumSampleShare)} of the samples of a round`;
  return `It needs ${sites}${among}${share}.`;
}
