import { rootCertificates } from 'node:tls';
import { fail } from '@consilium/shared/errors';
import { HttpsProxyAgent } from 'https-proxy-agent';

/** How the coordinator is reached from inside a hospital's network. */
export interface RouteOptions {
  /** `https://…`; plain http is for this machine alone. */
  readonly address: string;
  /** `http://proxy:3128`, or with user name and password. Goes before the environment. */
  readonly proxy?: string;
  /** PEM text of private root certificates, in addition to the public ones. */
  readonly ca?: string;
  /** `HTTPS_PROXY` and `NO_PROXY` are read from here, in capitals or not. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** The part of it that a site decides for itself. */
export type WayOut = Pick<RouteOptions, 'proxy' | 'ca'>;

export interface Route {
  readonly url: string;
  /** Host and port of the proxy, without its password; null when there is none. */
  readonly proxy: string | null;
  readonly agent?: HttpsProxyAgent<string>;
  readonly ca?: string[];
}

const loopback = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

/**
 * Decides the way to the coordinator.
 * @throws CSM-HANDSHAKE-ADDRESS when the address is no https address and not on this machine
 * @throws CSM-HANDSHAKE-PROXY when the proxy's address is none
 */
export function routeTo({ address, proxy, ca, env = {} }: RouteOptions): Route {
  const url = URL.canParse(address) ? new URL(address) : fail('CSM-HANDSHAKE-ADDRESS', { address });
  const local = loopback.test(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && local)) fail('CSM-HANDSHAKE-ADDRESS', { address });
  const roots = ca === undefined ? {} : { ca: [...rootCertificates, ca] };
  const through = proxy ?? (url.protocol === 'https:' && !local ? proxyOf(url, env) : undefined);
  if (through === undefined) return { url: url.origin, proxy: null, ...roots };
  if (!/^https?:\/\//.test(through) || !URL.canParse(through)) {
    fail('CSM-HANDSHAKE-PROXY', { proxy: 'of this site', reason: 'its address is not http://…' });
  }
  return { url: url.origin, proxy: new URL(through).host, agent: new HttpsProxyAgent(through, roots), ...roots };
}

/** The environment's proxy for an address, unless `NO_PROXY` (names, `.suffixes`, `host:port`, `*`) excepts it. */
function proxyOf(url: URL, env: Readonly<Record<string, string | undefined>>): string | undefined {
  const proxy = env.HTTPS_PROXY || env.https_proxy;
  if (!proxy) return undefined;
  const port = url.port || '443';
  const excepted = (env.NO_PROXY || env.no_proxy || '').split(/[\s,]+/).some((entry) => {
    const [name = '', onlyPort] = entry.toLowerCase().split(/:(?=\d+$)/);
    if (name === '' || (onlyPort !== undefined && onlyPort !== port)) return false;
    const bare = name.replace(/^\*?\./, '');
    return name === '*' || url.hostname === bare || url.hostname.endsWith(`.${bare}`);
  });
  return excepted ? undefined : proxy;
}
