import type { MemberView } from '@consilium/coordinator/api';
import { memberWords } from '@consilium/shared/words';
import { Chip } from '../parts/chip.js';
import { Later } from '../parts/later.js';
import { Absent } from '../parts/notice.js';
import { Table } from '../parts/table.js';
import { useMe } from '../session.js';

const deeds = async () => (await import('./site-deeds.js')).SiteDeeds;

const columns = [{ title: 'Site' }, { title: 'State' }, { title: 'Connection' }, { title: 'Fingerprint of its key' }];
const commands = { title: 'Commands' };
const connected = { label: 'connected', tone: 'good', meaning: 'It has a session with this coordinator.' } as const;
const waits = {
  label: 'a new key waits',
  tone: 'warn',
  meaning: 'The lead compares its fingerprint; the present key counts until then.',
} as const;
const twice = {
  label: 'two agents with one key',
  tone: 'bad',
  meaning: 'Two processes used the same key by turns: one of them is a copy.',
} as const;

/** Every site that was ever invited, and what it is now. */
export function SiteList({ sites }: { readonly sites: readonly MemberView[] }) {
  const me = useMe();
  if (me.role === 'viewer') {
    return <Absent>Which sites take part is shown to the lead, and to each site its own state.</Absent>;
  }
  if (sites.length === 0) return <p className="quiet card">No site was invited yet.</p>;
  const isLead = me.role === 'lead';
  return (
    <div className="card">
      <Table
        label="Sites of the consortium"
        columns={isLead ? [...columns, commands] : columns}
        stack
        rows={sites.map((site) => ({
          key: site.site,
          cells: [
            site.site,
            <Chip key="state" word={memberWords[site.state]} />,
            <span key="line" className="doing">
              {site.connected ? <Chip word={connected} /> : <span className="quiet">not connected</span>}
              {site.pending !== null && site.state === 'approved' ? <Chip word={waits} /> : null}
              {site.collisions > 0 ? <Chip word={twice} /> : null}
            </span>,
            <code key="key">{site.pending?.fingerprint ?? site.fingerprint ?? '–'}</code>,
            ...(isLead ? [<Later key="deeds" load={deeds} give={{ member: site }} />] : []),
          ],
        }))}
      />
    </div>
  );
}
