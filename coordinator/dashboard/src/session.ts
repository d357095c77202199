import type { getMe } from '@consilium/coordinator/api';
import { createContext, useContext } from 'react';
import type { z } from 'zod';

/** Who looks at the page. */
export type Me = z.infer<typeof getMe.answer>;

export const Session = createContext<Me | null>(null);

/** Who is signed in; inside the app alone. */
export function useMe(): Me {
  const me = useContext(Session);
  if (me === null) throw new TypeError('useMe outside of a session');
  return me;
}
