import type { UserView } from '@consilium/coordinator/api';
import { type ReactNode, useState } from 'react';
import { get } from '../call.js';
import { command } from '../lead/command.js';
import { Deed } from '../lead/deed.js';
import { DeedButton } from '../lead/deed-button.js';
import { Once } from '../lead/once.js';
import { format } from '../locale.js';
import { Skeleton } from '../parts/card.js';
import { Notice } from '../parts/notice.js';
import { Table } from '../parts/table.js';
import { type Me, useMe } from '../session.js';
import { useFetched } from '../use.js';

const roles = {
  lead: 'lead: sees everything',
  site: 'site: sees its own details and pooled figures',
  viewer: 'viewer: sees pooled figures',
} as const;
type Role = keyof typeof roles;

const columns = [{ title: 'Name' }, { title: 'Role' }, { title: 'Since' }, { title: 'State' }, { title: 'Commands' }];

/** Who may look at the page. */
export function UserList({ sites }: { readonly sites: readonly string[] }) {
  const [changes, setChanges] = useState(0);
  const changed = () => setChanges((count) => count + 1);
  const { value, fault } = useFetched(`users ${changes}`, (signal) =>
    get<{ readonly users: readonly UserView[] }>('api/users', signal),
  );
  if (fault !== null) return <Notice error={fault} />;
  if (value === null) return <Skeleton />;
  return (
    <div className="card">
      <span className="deeds">
        <DeedButton label="Add a user">
          {(close) => <Addition sites={sites} close={close} changed={changed} />}
        </DeedButton>
      </span>
      <Table
        label="Page users"
        columns={columns}
        stack
        rows={value.users.map((user) => ({
          key: user.name,
          cells: [
            user.name,
            user.site ?? user.role,
            format.moment(user.created),
            stateOf(user),
            <UserDeeds key="deeds" name={user.name} changed={changed} />,
          ],
        }))}
      />
    </div>
  );
}

const stateOf = ({ ready, lockedSeconds }: UserView): string =>
  lockedSeconds !== null
    ? `locked for ${format.span(lockedSeconds)}`
    : ready
      ? 'may sign in'
      : 'has not set a password';

/** A one-time link, and for whom. */
const linkShown = ({ link }: { readonly link: string }, name: string): ReactNode => (
  <>
    <p>
      This link sets the password of <b>{name}</b>, once, within a day. It is shown this once:
    </p>
    <Once label="One-time link" text={link} />
  </>
);

function Addition({
  sites,
  close,
  changed,
}: {
  readonly sites: readonly string[];
  readonly close: () => void;
  readonly changed: () => void;
}) {
  const me = useMe();
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [site, setSite] = useState(sites[0] ?? '');
  return (
    <Deed
      title="Add a user"
      phrase={`add ${name}`}
      close={close}
      act={async (lead) => {
        const sight = role === 'site' ? { role, site } : { role };
        const answer = await command<{ readonly link: string }>({ lead, me }, 'api/users', { name, sight });
        changed();
        return linkShown(answer, name);
      }}
    >
      <label>
        Name
        <input
          value={name}
          onChange={({ target }) => setName(target.value)}
          maxLength={64}
          autoComplete="off"
          required
        />
      </label>
      <label>
        Role
        <select value={role} onChange={({ target }) => setRole(roleOf(target.value))}>
          {Object.entries(roles).map(([key, text]) => (
            <option key={key} value={key}>
              {text}
            </option>
          ))}
        </select>
      </label>
      {role === 'site' ? (
        <label>
          Site
          <select value={site} onChange={({ target }) => setSite(target.value)} required>
            {sites.map((known) => (
              <option key={known}>{known}</option>
            ))}
          </select>
        </label>
      ) : null}
    </Deed>
  );
}

const roleOf = (text: string): Role => (text === 'lead' || text === 'site' ? text : 'viewer');

function UserDeeds({ name, changed }: { readonly name: string; readonly changed: () => void }) {
  const me = useMe();
  return (
    <span className="deeds">
      <DeedButton label="New link" about={name}>
        {(close) => (
          <Deed
            title="Give a new link"
            phrase={`reset ${name}`}
            close={close}
            act={async (lead) => {
              const answer = await userCommand<{ readonly link: string }>({ lead, me }, name, 'password');
              changed();
              return linkShown(answer, name);
            }}
          >
            <p>
              The password of <b>{name}</b> is forgotten, every session of theirs ends, and so does a lock.
            </p>
          </Deed>
        )}
      </DeedButton>
      <DeedButton label="Remove" about={name}>
        {(close) => (
          <Deed
            title="Remove the user"
            phrase={`remove ${name}`}
            close={close}
            act={async (lead) => {
              await userCommand({ lead, me }, name, 'remove');
              changed();
              return null;
            }}
          >
            <p>
              <b>{name}</b> can no longer sign in; every session ends at once.
            </p>
          </Deed>
        )}
      </DeedButton>
    </span>
  );
}

const userCommand = <Answer,>(
  by: { readonly lead: Parameters<typeof command>[0]['lead']; readonly me: Me },
  name: string,
  what: 'password' | 'remove',
): Promise<Answer> => command<Answer>(by, `api/users/${encodeURIComponent(name)}/${what}`);
