import { signCall } from '@consilium/coordinator/lead';
import type { Identity } from '@consilium/shared/crypto';
import { postSigned } from '../call.js';
import type { Me } from '../session.js';
import { keepKey } from './key.js';

/** Makes a call in the lead's name. @throws as `post` of the calls without a signature */
export async function command<Answer>(
  { lead, me }: { readonly lead: Identity; readonly me: Me },
  path: string,
  content?: unknown,
): Promise<Answer> {
  const body = new TextEncoder().encode(content === undefined ? '' : JSON.stringify(content));
  const { pathname, search } = new URL(path, document.baseURI);
  const terms = { method: 'POST', path: pathname + search, consortium: me.consortium };
  const headers = signCall(lead, { ...terms, body, now: new Date(), random });
  const answer = await postSigned<Answer>(path, body, headers);
  keepKey(lead);
  return answer;
}

export const random = (bytes: number): Uint8Array => crypto.getRandomValues(new Uint8Array(bytes));
