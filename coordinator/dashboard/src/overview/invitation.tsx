import { invite } from '@consilium/coordinator/lead';
import { siteId } from '@consilium/shared/ids';
import { useState } from 'react';
import { command, random } from '../lead/command.js';
import { Days, inDays } from '../lead/days.js';
import { Deed } from '../lead/deed.js';
import { DeedButton } from '../lead/deed-button.js';
import { Once } from '../lead/once.js';
import { format } from '../locale.js';
import { useMe } from '../session.js';

const longestDays = 90;

export const InviteButton = () => (
  <DeedButton label="Invite a site">{(close) => <Invitation close={close} />}</DeedButton>
);

/** Makes a one-time code for a hospital. */
function Invitation({ close }: { readonly close: () => void }) {
  const me = useMe();
  const [name, setName] = useState('');
  const [days, setDays] = useState('7');
  return (
    <Deed
      title="Invite a site"
      phrase={`invite ${name}`}
      close={close}
      act={async (lead) => {
        const notAfter = inDays(days);
        const address = new URL('.', document.baseURI).href;
        const { consortium } = me;
        const { code, told } = invite(lead, { address, consortium, site: siteId.parse(name), notAfter, random });
        await command({ lead, me }, 'api/invitations', told);
        return (
          <>
            <p>
              This code lets one agent ask to join as <b>{name}</b>, until {format.moment(notAfter.toISOString())}. It
              is shown this once. Give it to the hospital’s data manager by a way that you trust:
            </p>
            <Once label="One-time code" text={`consilium-site enrol ${code}`} />
            <p>Then compare fingerprints by telephone, and approve the site here.</p>
          </>
        );
      }}
    >
      <label>
        Name of the site (lower case letters, digits and hyphens)
        <input
          value={name}
          onChange={({ target }) => setName(target.value)}
          pattern="[a-z0-9]([a-z0-9\-]{0,61}[a-z0-9])?"
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          required
        />
      </label>
      <Days label="Days for which the code counts" days={days} most={longestDays} change={setDays} />
    </Deed>
  );
}
