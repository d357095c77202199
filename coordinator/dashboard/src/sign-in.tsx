import { type FormEvent, useState } from 'react';
import { faultOf, post } from './call.js';
import { Notice } from './parts/notice.js';
import type { Place } from './route.js';

const longestName = 64;
const shortestPassword = 12;

/** The form that signs in, or, behind a one-time link, sets a password first. */
export function SignIn({
  setup,
  done,
}: {
  readonly setup: Extract<Place, { at: 'setup' }> | null;
  readonly done: () => void;
}) {
  const [fault, setFault] = useState<ReturnType<typeof faultOf> | null>(null);
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const [name, password] = [String(fields.get('name')), String(fields.get('password'))];
    setBusy(true);
    try {
      if (setup === null) await post('api/sign-in', { name, password });
      else await post('api/setup', { token: setup.token, name, password });
      done();
    } catch (thrown) {
      setFault(faultOf(thrown));
      setBusy(false);
    }
  }

  return (
    <form className="sign card" onSubmit={submit}>
      <h1>{setup === null ? 'Sign in' : 'A new page user'}</h1>
      <p className="quiet">
        {setup === null
          ? 'The page shows runs and sites. What the lead commands here is signed in the browser with the lead’s own key.'
          : 'This link works once. Choose a password to look at this coordinator with.'}
      </p>
      <label>
        Name
        <input
          name="name"
          autoComplete="username"
          required
          maxLength={longestName}
          defaultValue={setup?.name ?? ''}
          readOnly={setup?.name != null}
        />
      </label>
      <label>
        {setup === null ? 'Password' : `Password (${shortestPassword} characters or more)`}
        <input
          name="password"
          type="password"
          autoComplete={setup === null ? 'current-password' : 'new-password'}
          required
          minLength={setup === null ? 1 : shortestPassword}
        />
      </label>
      <button type="submit" className="button" disabled={busy}>
        {setup === null ? 'Sign in' : 'Set the password'}
      </button>
      <div role="alert">{fault === null ? null : <Notice error={fault} bad />}</div>
    </form>
  );
}
