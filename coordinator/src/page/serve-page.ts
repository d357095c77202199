import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { errorTable } from '@consilium/shared/errors';
import { Router } from 'express';

// Beside the sources, where the browser's own files need no build; the same place seen from src/ and from dist/.
const folder = new URL('../../src/page/static/', import.meta.url);

const scripts = 'text/javascript; charset=utf-8';
const files: Readonly<Record<string, { readonly path: string; readonly type: string }>> = {
  '/': { path: local('index.html'), type: 'text/html; charset=utf-8' },
  '/page.css': { path: local('page.css'), type: 'text/css; charset=utf-8' },
  '/page.js': { path: local('page.js'), type: scripts },
  '/run.js': { path: local('run.js'), type: scripts },
  '/draw.js': { path: local('draw.js'), type: scripts },
  '/charts.js': { path: local('charts.js'), type: scripts },
  '/icon.svg': { path: local('icon.svg'), type: 'image/svg+xml' },
  '/echarts.js': {
    path: createRequire(import.meta.url).resolve('echarts/dist/echarts.common.min.js'),
    type: scripts,
  },
};

/** Serves the page: a handful of fixed files, read once. What they show comes by the API. */
export function pageRouter(): Router {
  const router = Router();
  for (const [path, { path: file, type }] of Object.entries(files)) {
    const bytes = readFileSync(file);
    router.get(path, (_request, response) => {
      response.setHeader('content-type', type);
      response.setHeader('cache-control', 'no-cache');
      response.send(bytes);
    });
  }
  // The texts of coded errors, so that the page can say them in full.
  router.get('/errors.json', (_request, response) => void response.json(errorTable));
  return router;
}

function local(name: string): string {
  return fileURLToPath(new URL(name, folder));
}
