import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

export interface FileServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT/` */
  readonly url: URL;
  readonly asked: readonly IncomingMessage[];
  /** Requests to be a proxy's tunnel (CONNECT). */
  readonly tunnels: readonly IncomingMessage[];
  readonly onTunnel: (open: (request: IncomingMessage, socket: Duplex) => void) => void;
}

/** A server on this machine that answers as a test says. */
export async function serve(
  answer: (request: IncomingMessage, response: ServerResponse, count: number) => void,
): Promise<FileServer> {
  const asked: IncomingMessage[] = [];
  const tunnels: IncomingMessage[] = [];
  const open = new Set<Duplex>();
  const server = createServer((request, response) => {
    asked.push(request);
    answer(request, response, asked.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: new URL(`http://127.0.0.1:${port}/`),
    asked,
    tunnels,
    onTunnel: (carry) =>
      void server.on('connect', (request, socket) => {
        tunnels.push(request);
        open.add(socket);
        carry(request, socket);
      }),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        // A tunnel is no longer the server's.
        for (const socket of open) socket.destroy();
      }),
  };
}

/** Sends a file as a web server with ranges does. */
export function sendRange(content: Buffer, request: IncomingMessage, response: ServerResponse, etag = '"1"'): void {
  const begin = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
  const same = request.headers['if-range'] === undefined || request.headers['if-range'] === etag;
  if (begin === undefined || !same) {
    response.writeHead(200, { etag, 'content-length': content.length }).end(content);
  } else if (Number(begin) >= content.length) {
    response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
  } else {
    const rest = content.subarray(Number(begin));
    response
      .writeHead(206, {
        etag,
        'content-length': rest.length,
        'content-range': `bytes ${begin}-${content.length - 1}/${content.length}`,
      })
      .end(rest);
  }
}
