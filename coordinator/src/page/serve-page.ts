import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { type RequestHandler, Router } from 'express';

/** Where the bundled page lies; the same place seen from src/ and from dist/. */
const bundled = fileURLToPath(new URL('../../dist/dashboard/', import.meta.url));

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const immutable = 'public, max-age=31536000, immutable';
const notBuilt = 'The page is not built. In the checkout: npm run build\n';

/**
 * Serves the page: the files that the bundler made, read once. Those under `assets/` carry a hash of their content in
 * their names, so that a browser keeps them for good; the others are asked for anew and answered with 304 where they
 * are the same. What the page shows comes by the API.
 */
export function pageRouter(folder: string = bundled): Router {
  const router = Router();
  const files = filesOf(folder);
  for (const path of files) {
    const type = types[extname(path)];
    if (type === undefined) continue;
    const address = `/${path.split(sep).join('/')}`;
    const serve = serveBytes(readFileSync(join(folder, path)), type, address.startsWith('/assets/'));
    router.get(address, serve);
    if (address === '/index.html') router.get('/', serve);
  }
  if (!files.includes('index.html')) {
    router.get('/', (_request, response) => void response.status(503).type('text/plain').send(notBuilt));
  }
  return router;
}

function serveBytes(bytes: Buffer, type: string, hashed: boolean): RequestHandler {
  const tag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  let small: Buffer | null = null;
  return (request, response) => {
    response.setHeader('content-type', type);
    response.setHeader('cache-control', hashed ? immutable : 'no-cache');
    response.setHeader('vary', 'accept-encoding');
    response.setHeader('etag', tag);
    if (request.headers['if-none-match'] === tag) return void response.status(304).end();
    if (request.acceptsEncodings('gzip') !== 'gzip') return void response.end(bytes);
    small ??= gzipSync(bytes);
    response.setHeader('content-encoding', 'gzip');
    response.end(small);
  };
}

function filesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch {
    return [];
  }
}
