import type { MemberView } from '@consilium/coordinator/api';
import { approvalOf, revocationOf } from '@consilium/coordinator/lead';
import { useState } from 'react';
import { command } from '../lead/command.js';
import { Deed } from '../lead/deed.js';
import { DeedButton } from '../lead/deed-button.js';
import { useMe } from '../session.js';

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
        const certificate = approvalOf(lead, { consortium: me.consortium, member, given });
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
        const certificate = revocationOf(lead, { consortium: me.consortium, member });
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
