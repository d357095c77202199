import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import express from 'express';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { openStage } from '../api/testing/stage.js';
import { pageRouter } from './serve-page.js';

const made = mkdtempSync(join(tmpdir(), 'page-'));
mkdirSync(join(made, 'assets'));
writeFileSync(join(made, 'index.html'), '<!doctype html><title>page</title>');
writeFileSync(join(made, 'assets', 'page-3f2a.js'), `const long = '${'x'.repeat(4000)}';`);
writeFileSync(join(made, '.stamp'), 'not for others');
afterAll(() => rmSync(made, { recursive: true }));

let server: Server;
afterEach(() => new Promise((resolve) => server?.close(resolve)));
async function served(folder: string): Promise<string> {
  server = createServer(express().use(pageRouter(folder)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

describe('the bundled page', () => {
  it('a file with a hash in its name is kept for good, the first page is asked for anew', async () => {
    const url = await served(made);
    const asset = await fetch(`${url}/assets/page-3f2a.js`);
    expect(asset.headers.get('content-type')).toMatch(/^text\/javascript/);
    expect(asset.headers.get('cache-control')).toContain('immutable');
    expect(asset.headers.get('content-encoding')).toBe('gzip');
    expect(await asset.text()).toContain('xxxx');
    const first = await fetch(`${url}/`);
    expect(first.headers.get('cache-control')).toBe('no-cache');
    const tag = first.headers.get('etag')!;
    await first.text();
    expect((await fetch(`${url}/`, { headers: { 'if-none-match': tag } })).status).toBe(304);
  });

  it('nothing but its own kinds of files is served', async () => {
    const url = await served(made);
    for (const path of ['/.stamp', '/assets/', '/assets/..%2f.stamp', '/../page.test.ts']) {
      expect((await fetch(url + path)).status, path).toBe(404);
    }
  });

  it('a checkout that was not built says so', async () => {
    const answer = await fetch(await served(join(made, 'nowhere')));
    expect(answer.status).toBe(503);
    expect(await answer.text()).toContain('npm run build');
  });
});

const built = fileURLToPath(new URL('../../dist/dashboard/', import.meta.url));

describe.skipIf(!existsSync(join(built, 'index.html')))('as built (skipped before npm run build)', () => {
  it('every file that the first page names is served, and nothing stands inline', async () => {
    const stage = await openStage();
    const html = await (await fetch(`${stage.url}/`)).text();
    const named = [...html.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, name]) => `/${name}`);
    expect(named.length).toBeGreaterThan(2);
    for (const path of named) expect((await fetch(stage.url + path)).status, path).toBe(200);
    expect(html).not.toMatch(/<script(?![^>]*src=)|<style|\son\w+=|\sstyle=/);
    await stage.close();
  });

  it('asks nobody but its own server', () => {
    for (const name of readdirSync(join(built, 'assets')).filter((file) => file.endsWith('.js'))) {
      const text = readFileSync(join(built, 'assets', name), 'utf8');
      expect(text, name).not.toMatch(/(?:fetch|import|WebSocket)\(\s*["'`](?:https?:|wss?:|\/\/)/);
    }
  });
});
