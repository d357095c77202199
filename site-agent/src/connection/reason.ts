import { type CodedError, coded } from '@consilium/shared/errors';
import { z } from 'zod';
import type { Route } from './route.js';

// What engine.io-client gives: its error holds the websocket's event as `description`, which holds the cause.
const failure = z.looseObject({
  description: z.looseObject({
    message: z.string().optional(),
    error: z.looseObject({ code: z.string().optional() }).optional(),
  }),
});

const tlsFault = /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|ERR_SSL|EPROTO/;

/** Why a connection did not come about, in the words of the table. Holds codes only, no address of a proxy's user. */
export function unreachable(error: unknown, { url, proxy }: Route): CodedError {
  const parsed = failure.safeParse(error);
  const code = parsed.data?.description.error?.code;
  const status = /server response: (\d{3})/.exec(parsed.data?.description.message ?? '')?.[1];
  return notReached({ url, proxy }, code ?? (status === undefined ? undefined : `HTTP ${status}`));
}

/** The same from the code of a fault of the system or of TLS. */
export function notReached({ url, proxy }: Route, code: string | undefined): CodedError {
  const reason = code ?? 'no answer';
  if (code !== undefined && tlsFault.test(code)) return coded('CSM-HANDSHAKE-TLS', { reason });
  return proxy === null
    ? coded('CSM-HANDSHAKE-UNREACHABLE', { address: url, reason })
    : coded('CSM-HANDSHAKE-PROXY', { proxy, reason });
}
