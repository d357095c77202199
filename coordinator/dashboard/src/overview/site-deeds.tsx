import type { MemberView } from '@consilium/coordinator/api';
import { approvalOf, invite, revocationOf } from '@consilium/coordinator/lead';
import { consortiumId, siteId } from '@consilium/shared/ids';
import { useState } from 'react';
import { command, random } from '../lead/command.js';
import { Deed } from '../lead/deed.js';
import { DeedButton } from '../lead/deed-button.js';
import { Once } from '../lead/once.js';
import { format } from '../locale.js';
import { useMe } from '../session.js';

const dayMs = 86_400_000;
const longestDays = 90;

/** What the lead may do about one site. */
export function SiteDeeds({ member }: { readonly member: MemberView }) {
  const revocable = member.pending !== null || member.certificate?.body.revoked === false;
  return (
    <span className="deeds">
      {member.pending === null ? null : (
        <DeedButton label="Approve" about={member.site}>
          {(close) => <Approval member={member} close={close} />}
        </DeedButton>
      )}
      {revocable ? (
        <DeedButton label="Revoke" about={member.site}>
          {(close) => <Revocation member={member} close={close} />}
        </DeedButton>
      ) : null}
    </span>
  );
}

type About = { readonly member: MemberView; readonly close: () => void };

function Approval({ member, close }: About) {
  const me = useMe();
  const [given, setGiven] = useState('');
  const { site } = member;
  return (
    <Deed
      title="Approve the site"
      phrase={`approve ${site}`}
      close={close}
      act={async (lead) => {
        const certificate = approvalOf(lead, { consortium: consortiumId.parse(me.consortium), member, given });
        await command({ lead, me }, `api/sites/${site}/approve`, { certificate });
        return null;
      }}
    >
      <p>
        A key waits for approval as <b>{site}</b>. Call the hospital by a number that you know, and let the data manager
        read out the fingerprint that the agent shows.
      </p>
      <label>
        Fingerprint, as it was read out
        <input
          value={given}
          onChange={({ target }) => setGiven(target.value)}
          autoComplete="off"
          spellCheck={false}
          required
        />
      </label>
    </Deed>
  );
}

function Revocation({ member, close }: About) {
  const me = useMe();
  const { site } = member;
  return (
    <Deed
      title="Revoke the key"
      phrase={`revoke ${site}`}
      close={close}
      act={async (lead) => {
        const certificate = revocationOf(lead, { consortium: consortiumId.parse(me.consortium), member });
        await command({ lead, me }, `api/sites/${site}/revoke`, { certificate });
        return null;
      }}
    >
      <p>
        The key of <b>{site}</b> counts no more, its connections close at once, and runs go on without it as their
        contracts allow. A new invitation would let it enrol again.
      </p>
    </Deed>
  );
}

/** Makes a one-time code for a hospital. */
export function Invitation({ close }: { readonly close: () => void }) {
  const me = useMe();
  const [name, setName] = useState('');
  const [days, setDays] = useState('7');
  return (
    <Deed
      title="Invite a site"
      phrase={`invite ${name}`}
      close={close}
      act={async (lead) => {
        const notAfter = new Date(Date.now() + Number(days) * dayMs);
        const address = new URL('.', document.baseURI).href;
        const consortium = consortiumId.parse(me.consortium);
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
      <label>
        Days for which the code counts
        <input
          type="number"
          min={1}
          max={longestDays}
          value={days}
          onChange={({ target }) => setDays(target.value)}
          required
        />
      </label>
    </Deed>
  );
}
