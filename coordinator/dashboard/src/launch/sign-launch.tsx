import { makeContract, type RunFile, signContract } from '@consilium/shared/contract';
import { sign } from '@consilium/shared/crypto';
import { runId } from '@consilium/shared/ids';
import { useState } from 'react';
import { command, random } from '../lead/command.js';
import { Days, inDays } from '../lead/days.js';
import { Deed } from '../lead/deed.js';
import { runAddress } from '../route.js';
import { useMe } from '../session.js';

const longestDays = 365;
const runIdBytes = 16;

/** Signs the contract of a new run and starts it. */
export function SignLaunch({
  runFile,
  files,
  close,
}: {
  readonly runFile: RunFile;
  readonly files: Readonly<Record<string, string>>;
  readonly close: () => void;
}) {
  const me = useMe();
  const [days, setDays] = useState('30');
  const [stepwise, setStepwise] = useState(false);
  return (
    <Deed
      title="Sign and launch"
      phrase={`launch ${runFile.name}`}
      close={close}
      act={async (lead) => {
        const run = runId.parse([...random(runIdBytes)].map((byte) => byte.toString(16).padStart(2, '0')).join(''));
        const notAfter = inDays(days);
        const terms = makeContract({ runFile, files, consortium: me.consortium, run, notAfter });
        const signed = signContract(terms, (domain, bytes) => sign(lead, domain, bytes));
        await command({ lead, me }, 'api/runs', { signed, stepwise });
        location.hash = runAddress(run);
        return null;
      }}
    >
      <p>
        The contract of <b>{runFile.name}</b> is signed with the lead’s key. Sites check that signature and do what the
        run file says, nothing else.
      </p>
      <Days label="Days for which sites may work on it" days={days} most={longestDays} change={setDays} />
      <label className="tick">
        <input type="checkbox" checked={stepwise} onChange={({ target }) => setStepwise(target.checked)} />
        Wait for the lead before each round
      </label>
    </Deed>
  );
}
