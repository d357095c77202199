import type { Identity } from '@consilium/shared/crypto';
import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { faultOf } from '../call.js';
import { Notice } from '../parts/notice.js';
import { useMe } from '../session.js';
import { useKey } from './key.js';
import { KeyFields } from './key-fields.js';
import { openKey } from './open-key.js';

/**
 * Something that the lead is about to do: what it is, the words to type for it, and the key that signs it.
 * @param act does it; what it returns is shown before the dialog closes
 */
export function Deed({
  title,
  phrase,
  act,
  close,
  children,
}: {
  readonly title: string;
  readonly phrase: string;
  readonly act: (lead: Identity) => Promise<ReactNode>;
  readonly close: () => void;
  readonly children: ReactNode;
}) {
  const me = useMe();
  const key = useKey();
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<ReturnType<typeof faultOf> | null>(null);
  const [result, setResult] = useState<ReactNode>(null);
  useEffect(() => dialog.current?.showModal(), []);

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    setBusy(true);
    setFault(null);
    try {
      const file = fields.get('key');
      const lead =
        file instanceof File ? await openKey(file, String(fields.get('passphrase')), me.lead) : key?.identity;
      if (lead === undefined) return;
      const shown = await act(lead);
      if (shown === null || shown === undefined) dialog.current?.close();
      else setResult(shown);
    } catch (thrown) {
      setFault(faultOf(thrown));
    } finally {
      setBusy(false);
    }
  }

  return (
    <dialog ref={dialog} className="deed" aria-labelledby={heading} onClose={close}>
      <h2 id={heading}>{title}</h2>
      {result === null ? (
        <form onSubmit={submit}>
          {children}
          <label>
            <span>
              Type <code>{phrase}</code>
            </span>
            <input
              value={typed}
              onChange={({ target }) => setTyped(target.value)}
              autoComplete="off"
              autoCapitalize="off"
              spellCheck={false}
              required
            />
          </label>
          {key === null ? <KeyFields /> : <p className="quiet small">The lead’s key is open and will sign this.</p>}
          <div role="alert">{fault === null ? null : <Notice error={fault} bad />}</div>
          <div className="deed-foot">
            <button type="button" className="button plain" onClick={() => dialog.current?.close()}>
              Cancel
            </button>
            <button type="submit" className="button" disabled={busy || typed.trim() !== phrase}>
              {busy ? 'Signing …' : title}
            </button>
          </div>
        </form>
      ) : (
        <>
          {result}
          <div className="deed-foot">
            <button type="button" className="button" onClick={() => dialog.current?.close()}>
              Close
            </button>
          </div>
        </>
      )}
    </dialog>
  );
}
