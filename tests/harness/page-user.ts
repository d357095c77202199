import type { Consortium } from './consortium.js';

/** Adds a page user and signs in. @returns the session's cookie */
export async function signIn(consortium: Consortium, name: string, sight: object): Promise<string> {
  const { link } = await consortium.lead.call<{ readonly link: string }>('POST', '/api/users', { name, sight });
  const { url } = consortium.coordinator();
  const token = /#setup=([\w-]{43})/.exec(link)?.[1];
  const answer = await fetch(`${url}/api/setup`, {
    method: 'POST',
    headers: { origin: url, 'content-type': 'application/json' },
    body: JSON.stringify({ token, password: 'a long pass phrase' }),
  });
  return (answer.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
}
