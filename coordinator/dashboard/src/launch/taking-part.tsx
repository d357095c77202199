import type { MemberView } from '@consilium/coordinator/api';
import type { RunFile } from '@consilium/shared/contract';
import { format } from '../locale.js';
import { Card } from '../parts/card.js';

/** Which hospitals the run would ask, and which that it requires are not to be had. */
export function TakingPart({ sites, run }: { readonly sites: readonly MemberView[]; readonly run: RunFile }) {
  const approved = sites.filter(({ state }) => state === 'approved');
  const away = approved.filter(({ connected }) => !connected);
  const { required, quorum } = run.participation;
  const strange = required.filter((site) => !approved.some((own) => own.site === site));
  return (
    <Card
      title="Who takes part"
      text="Every approved site is asked. One that is not connected now joins when it comes."
    >
      <p>
        {approved.length === 0 ? 'No site is approved yet.' : approved.map(({ site }) => site).join(', ')}
        {away.length === 0 ? null : (
          <span className="quiet">
            {' '}
            ({format.count(away.length)} not connected: {away.map(({ site }) => site).join(', ')})
          </span>
        )}
      </p>
      {strange.length === 0 ? null : (
        <p className="notice bad">
          The run file requires <b>{strange.join(', ')}</b>, which no approved site is called.
        </p>
      )}
      {quorum === undefined || quorum === null || quorum <= approved.length ? null : (
        <p className="notice bad">
          The run file needs {format.count(quorum)} sites for a step, and {format.count(approved.length)} are approved.
        </p>
      )}
    </Card>
  );
}
