import type { LiveRun } from '@consilium/coordinator/api';
import { extendRun } from '@consilium/coordinator/lead';
import { useState } from 'react';
import { getText } from '../call.js';
import { command } from '../lead/command.js';
import { inDays } from '../lead/days.js';
import { Deed } from '../lead/deed.js';
import { useMe } from '../session.js';

const unchanged = '';

/** Gives a run under way more rounds, or more time. */
export function Extension({ view, close }: { readonly view: LiveRun; readonly close: () => void }) {
  const me = useMe();
  const [rounds, setRounds] = useState(view.stage === null ? String(view.rounds) : unchanged);
  const [days, setDays] = useState(unchanged);
  return (
    <Deed
      title="Extend the run"
      phrase={`extend ${view.name}`}
      close={close}
      act={async (lead) => {
        const bytes = new TextEncoder().encode(await getText(`api/runs/${view.run}/contract`));
        const notAfter = days === unchanged ? undefined : inDays(days);
        const { consortium } = me;
        const wanted = { rounds: rounds === unchanged ? undefined : Number(rounds), notAfter };
        const { signed } = extendRun(lead, { consortium, run: view.run, bytes, wanted });
        await command({ lead, me }, `api/runs/${view.run}/extend`, { signed });
        return null;
      }}
    >
      <p>Rounds that are done stay as they are. Nothing else of the contract changes; sites check that.</p>
      <label>
        Rounds of the last stage in all (empty: as it is)
        <input type="number" min={1} value={rounds} onChange={({ target }) => setRounds(target.value)} />
      </label>
      <label>
        Days from now for which sites may work on it (empty: as it is)
        <input type="number" min={1} value={days} onChange={({ target }) => setDays(target.value)} />
      </label>
    </Deed>
  );
}
