import { useCallback, useEffect, useState } from 'react';
import { faultOf, get, post } from './call.js';
import { closeKey } from './lead/key.js';
import { Overview } from './overview/overview.js';
import { Skeleton } from './parts/card.js';
import { Notice } from './parts/notice.js';
import { usePlace } from './route.js';
import { RunPage } from './run/run-page.js';
import { type Me, Session } from './session.js';
import { Shell } from './shell.js';
import { SignIn } from './sign-in.js';

type Standing =
  | { readonly kind: 'asking' }
  | { readonly kind: 'out' }
  | { readonly kind: 'in'; readonly me: Me }
  | { readonly kind: 'unreachable'; readonly fault: ReturnType<typeof faultOf> };

/** The whole page: who is there decides whether to sign in, the address decides what is shown. */
export function App() {
  const place = usePlace();
  const [standing, setStanding] = useState<Standing>({ kind: 'asking' });
  const ask = useCallback(async () => {
    try {
      setStanding({ kind: 'in', me: await get<Me>('api/me') });
    } catch (thrown) {
      const fault = faultOf(thrown);
      setStanding(fault.code === 'CSM-API-SIGNED-OUT' ? { kind: 'out' } : { kind: 'unreachable', fault });
    }
  }, []);
  useEffect(() => void ask(), [ask]);
  const leave = useCallback(async () => {
    closeKey();
    await post('api/sign-out', {}).catch(() => {});
    setStanding({ kind: 'out' });
  }, []);

  if (place.at === 'setup') {
    const done = () => {
      history.replaceState(null, '', '#/');
      dispatchEvent(new HashChangeEvent('hashchange'));
      void ask();
    };
    return (
      <Shell>
        <SignIn setup={place} done={done} />
      </Shell>
    );
  }
  switch (standing.kind) {
    case 'asking':
      return (
        <Shell>
          <Skeleton />
        </Shell>
      );
    case 'unreachable':
      return (
        <Shell>
          <Notice error={standing.fault} bad>
            <button type="button" className="button plain" onClick={ask}>
              Try again
            </button>
          </Notice>
        </Shell>
      );
    case 'out':
      return (
        <Shell>
          <SignIn setup={null} done={ask} />
        </Shell>
      );
    case 'in': {
      const out = () => {
        closeKey();
        setStanding({ kind: 'out' });
      };
      return (
        <Session value={standing.me}>
          {place.at === 'run' ? (
            <RunPage key={place.run} run={place.run} section={place.section} leave={leave} signedOut={out} />
          ) : (
            <Overview part={place.at} leave={leave} signedOut={out} />
          )}
        </Session>
      );
    }
    default:
      return standing satisfies never;
  }
}
