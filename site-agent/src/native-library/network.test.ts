import { connect } from 'node:net';
import { request } from 'undici';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type FileServer, serve } from '../testing/file-server.js';
import { type NetworkOptions, openNetwork, withoutCredentials } from './network.js';

let server: FileServer;
let proxy: FileServer;
beforeEach(async () => {
  server = await serve((_, response) => response.end('the file'));
  proxy = await serve((_, response) => response.writeHead(502).end());
  proxy.onTunnel((_, socket) => {
    const on = connect(Number(server.url.port), '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
    on.pipe(socket).pipe(on);
    for (const end of [on, socket]) end.on('error', () => undefined);
  });
});
afterEach(async () => {
  await proxy[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

/** The proxy's requests while something is fetched. */
async function through(options: NetworkOptions, address: URL = server.url) {
  const network = openNetwork(options);
  try {
    const { body } = await request(address, { dispatcher: network });
    await body.dump();
    return proxy.tunnels.map(({ url, headers }) => ({ url, authorization: headers['proxy-authorization'] }));
  } finally {
    await network.destroy();
  }
}

it('goes straight where no proxy is named', async () => {
  expect(await through({ env: {} })).toEqual([]);
});

it("goes through the proxy of the site's settings, with its password, before that of the environment", async () => {
  const own = proxy.url.href.replace('//', '//user:secret@');
  const env = { HTTP_PROXY: 'http://127.0.0.1:1', HTTPS_PROXY: 'http://127.0.0.1:1' };
  expect(await through({ proxy: own, env })).toEqual([
    { url: server.url.host, authorization: `Basic ${Buffer.from('user:secret').toString('base64')}` },
  ]);
});

it('goes through the proxy of the environment, in capitals or not, but not where NO_PROXY says so', async () => {
  for (const name of ['HTTP_PROXY', 'http_proxy']) await through({ env: { [name]: proxy.url.href } });
  expect(proxy.tunnels).toHaveLength(2);
  await through({ env: { HTTP_PROXY: proxy.url.href, no_proxy: '127.0.0.1' } });
  expect(proxy.tunnels).toHaveLength(2);
});

it('takes user and password out of an address, however they are written', () => {
  const read = (text: string) => {
    const { url, headers } = withoutCredentials(new URL(text));
    return [url.href, Buffer.from(headers.authorization?.slice('Basic '.length) ?? '', 'base64').toString()];
  };
  expect(read('https://a:b%40c@x.example/y')).toEqual(['https://x.example/y', 'a:b@c']);
  expect(read('https://a%:b@x.example/')).toEqual(['https://x.example/', 'a%:b']);
  expect(read('https://x.example/')).toEqual(['https://x.example/', '']);
});
