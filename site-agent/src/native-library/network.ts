import { rootCertificates } from 'node:tls';
import { type Dispatcher, EnvHttpProxyAgent, interceptors } from 'undici';

const connectMs = 15_000;
const headersMs = 30_000;
/** A body that stays silent for so long is cut, and taken up again where it stopped. */
const silenceMs = 30_000;
const maxRedirections = 5;

export interface NetworkOptions {
  /** `http://proxy:3128`; goes before the environment. */
  readonly proxy?: string | undefined;
  /** PEM text of private root certificates, in addition to the public ones. */
  readonly ca?: string | undefined;
  /** `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` are read from here, in capitals or not. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The way out of a hospital for downloads. Close it after use. */
export function openNetwork({ proxy, ca, env }: NetworkOptions): Dispatcher {
  const tls = ca === undefined ? {} : { ca: [...rootCertificates, ca] };
  return new EnvHttpProxyAgent({
    // An empty text keeps the agent from reading the process's own environment.
    httpProxy: proxy ?? (env.HTTP_PROXY || env.http_proxy || ''),
    httpsProxy: proxy ?? (env.HTTPS_PROXY || env.https_proxy || ''),
    noProxy: env.NO_PROXY || env.no_proxy || '',
    connect: { ...tls, timeout: connectMs },
    requestTls: tls,
    proxyTls: tls,
    headersTimeout: headersMs,
    bodyTimeout: silenceMs,
  });
}

/** The same way, following redirections: indexes send to where their files lie. */
export const following = (network: Dispatcher): Dispatcher =>
  network.compose(interceptors.redirect({ maxRedirections }));

/** A URL without the user and password that it may hold, and these as a header. */
export function withoutCredentials(url: URL): {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
} {
  if (url.username === '') return { url, headers: {} };
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  const pair = `${decoded(url.username)}:${decoded(url.password)}`;
  return { url: bare, headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } };
}

/** A per cent sign that stands for itself is left as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
