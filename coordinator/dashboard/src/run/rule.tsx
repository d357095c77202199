import type { LiveRun } from '@consilium/coordinator/api';
import type { SignedContract } from '@consilium/shared/contract';
import { get } from '../call.js';
import { format } from '../locale.js';
import { Chip } from '../parts/chip.js';
import { useMe } from '../session.js';
import { type Fetched, useFetched } from '../use.js';

/** The contract of a run; null for those who may not read it. */
export function useContract(run: string): Fetched<SignedContract['contract']> {
  const me = useMe();
  return useFetched(me.role === 'lead' ? run : null, async (signal) => {
    const { contract } = await get<SignedContract>(`api/runs/${run}/contract`, signal);
    return contract;
  });
}

const met = { label: 'met', tone: 'good', meaning: 'The step may be closed.' } as const;
const open = { label: 'not met yet', tone: 'warn', meaning: 'The step waits for more contributions.' } as const;

/** By which rule the open step counts, and whether it does. */
export function Rule({ view }: { readonly view: LiveRun }) {
  const { value: contract } = useContract(view.run);
  const accepted = view.sites.filter(({ standing }) => standing === 'accepted');
  const rule = contract?.runFile.participation;
  if (rule === undefined || view.phase === 'closed' || view.sites.length === 0) return null;
  const members = view.sites.filter(({ standing }) => standing !== 'left').length;
  const needed = Math.max(1, rule.quorum ?? members);
  const missing = rule.required.filter((site) => !accepted.some((own) => own.site === site));
  const sum = (sites: typeof view.sites): number => sites.reduce((total, { samples }) => total + (samples ?? 0), 0);
  const share = sum(view.sites) === 0 ? 0 : sum([...accepted]) / sum(view.sites);
  const shareCounts = rule.minimumSampleShare > 0 && view.step?.startsWith('train:') === true;
  const isMet = accepted.length >= needed && missing.length === 0 && (!shareCounts || share >= rule.minimumSampleShare);
  return (
    <p className="rule">
      <span>
        Participation: <b className="number">{format.count(accepted.length)}</b> of{' '}
        <b className="number">{format.count(needed)}</b> contributions that the step needs
      </span>
      {missing.length === 0 ? null : <span>still required: {missing.join(', ')}</span>}
      {shareCounts ? (
        <span>
          {format.percent(share)} of the samples; at least {format.percent(rule.minimumSampleShare)}
        </span>
      ) : null}
      <Chip word={isMet ? met : open} />
    </p>
  );
}
