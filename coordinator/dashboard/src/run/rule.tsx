import type { LiveRun } from '@consilium/coordinator/api';
import { participationText } from '@consilium/coordinator/following';
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

/** By which rule the open step counts, whether it has what it needs, and what happens if not. */
export function Rule({ view }: { readonly view: LiveRun }) {
  const { open: step, missing } = view.participation;
  const [standing, ...rest] = participationText(view, format);
  if (step === null || view.phase === 'closed') return null;
  return (
    <>
      <p className="rule">
        <span>{standing}</span>
        <Chip word={step.unmet.length === 0 ? met : open} />
      </p>
      {rest.map((text) => (
        <p key={text} className={view.phase === 'paused' ? 'notice' : 'quiet small'}>
          {text}
        </p>
      ))}
      {missing.length === 0 || view.phase === 'paused' ? null : (
        <p className="quiet small">
          Missing:{' '}
          {missing.map(({ site, since, excused }) => `${site} since ${since}${excused ? ', excused' : ''}`).join('; ')}
        </p>
      )}
    </>
  );
}
