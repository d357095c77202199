import { type ReactNode, useContext } from 'react';
import { closeKey, useKey } from './lead/key.js';
import type { Seen } from './live.js';
import { format } from './locale.js';
import { usePlace } from './route.js';
import { Session } from './session.js';
import { chooseTheme, themes, useTheme } from './theme.js';

const themeWords = { auto: 'As the system', light: 'Light', dark: 'Dark' } as const;
const roleWords = { lead: 'sees everything', site: 'sees one site', viewer: 'sees pooled figures' } as const;

/** The frame of every view: the bar above, the view below. */
export function Shell({
  seen,
  leave,
  children,
}: {
  readonly seen?: Seen<unknown>;
  readonly leave?: () => void;
  readonly children: ReactNode;
}) {
  const me = useContext(Session);
  return (
    <>
      <button type="button" className="skip" onClick={toMain}>
        Skip to the content
      </button>
      <header className="bar">
        <a className="brand" href="#/">
          <img src="icon.svg" alt="" width="28" height="28" />
          Consilium
        </a>
        {me === null ? null : <Places />}
        {seen === undefined ? null : <LineState seen={seen} />}
        <span className="grow" />
        {me === null ? null : (
          <span className="who quiet" title={`Consortium ${me.consortium}`}>
            {me.name}, {me.site ?? roleWords[me.role]}
          </span>
        )}
        <KeyState />
        <ThemeChoice />
        {leave === undefined ? null : (
          <button type="button" className="button plain" onClick={leave}>
            Sign out
          </button>
        )}
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      {me === null ? null : (
        <footer className="foot">
          Consortium <code>{me.consortium.slice(0, 12)}</code>, version {me.version}
        </footer>
      )}
    </>
  );
}

// A button: the address behind `#` is the place in the page, and an anchor would lead away from it.
const toMain = (): void => document.getElementById('main')?.focus();

function Places() {
  const { at } = usePlace();
  const me = useContext(Session);
  const places = [
    ['#/', 'Runs', at !== 'sites' && at !== 'users'],
    ['#/sites', 'Sites', at === 'sites'],
    ...(me?.role === 'lead' ? [['#/users', 'Users', at === 'users'] as const] : []),
  ] as const;
  return (
    <nav className="places" aria-label="Places">
      {places.map(([address, label, here]) => (
        <a key={address} href={address} aria-current={here ? 'page' : undefined}>
          {label}
        </a>
      ))}
    </nav>
  );
}

/** Whether what is shown is the newest there is, or of when it is. */
function LineState({ seen: { line, atMs } }: { readonly seen: Seen<unknown> }) {
  const of = atMs === null ? '' : `as of ${format.clock(new Date(atMs))}, `;
  const text = line === 'live' ? 'live' : line === 'connecting' ? 'connecting' : `${of}reconnecting`;
  return (
    <span className={`line ${line}`} role="status">
      {text}
    </span>
  );
}

/** That the lead's key is open in this page, and the way to close it. */
function KeyState() {
  const key = useKey();
  return key === null ? null : (
    <button type="button" className="button plain" onClick={closeKey} title="The lead’s key is open in this page.">
      Close the key
    </button>
  );
}

function ThemeChoice() {
  const { theme } = useTheme();
  return (
    <label className="pick">
      <span className="unseen">Colours</span>
      <select
        value={theme}
        onChange={({ target }) => chooseTheme(themes.find((known) => known === target.value) ?? 'auto')}
      >
        {themes.map((known) => (
          <option key={known} value={known}>
            {themeWords[known]}
          </option>
        ))}
      </select>
    </label>
  );
}
