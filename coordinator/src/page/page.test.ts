import { afterAll, beforeAll, expect, it } from 'vitest';
import { openStage, type Stage } from '../api/testing/stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const text = async (path: string) => (await fetch(stage.url + path)).text();
const scripts = ['/page.js', '/run.js', '/draw.js', '/charts.js'];

it('the first page names only files that are served, each with its own type', async () => {
  const html = await text('/');
  const named = [...html.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, name]) => `/${name}`);
  expect(named).toContain('/echarts.js');
  for (const path of [...named, ...scripts, '/errors.json']) {
    const response = await fetch(stage.url + path);
    expect(response.status, path).toBe(200);
    expect(response.headers.get('content-type'), path).toMatch(/javascript|css|svg|json/);
    await response.arrayBuffer();
  }
});

it('modules import only what is served', async () => {
  for (const script of scripts) {
    for (const [, name] of (await text(script)).matchAll(/from '\.(\/[^']+)'/g)) expect(scripts).toContain(name);
  }
});

it('nothing stands inline, and no text of others becomes markup', async () => {
  expect(await text('/')).not.toMatch(/<script(?![^>]*src=)|<style|\son\w+=|\sstyle=/);
  for (const script of scripts) {
    expect(await text(script), script).not.toMatch(
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|https?:/,
    );
  }
});
