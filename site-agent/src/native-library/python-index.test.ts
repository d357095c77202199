import type { ServerResponse } from 'node:http';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serve } from '../testing/file-server.js';
import { openNetwork } from './network.js';
import { findOnIndex, readHtmlList, readJsonList } from './python-index.js';

const file = 'tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl';
const html = `<!DOCTYPE html><html><body>
  <a href="https://files.example/tensorflow_cpu-2.20.0-py3-none-any.whl">tensorflow_cpu-2.20.0-py3-none-any.whl</a><br/>
  <a data-requires-python='&gt;=3.10' href="../../packages/${file}?a=1&amp;b=2#sha256=00">${file}</a>
</body></html>`;
const json = JSON.stringify({
  meta: { 'api-version': '1.1' },
  files: [{ filename: file, url: `/packages/${file}`, hashes: {} }],
});

let network: ReturnType<typeof openNetwork>;
beforeEach(() => {
  network = openNetwork({ env: {} });
});
afterEach(() => network.destroy());
const find = (index: URL) => findOnIndex(index, file, { network, signal: new AbortController().signal });
const send = (response: ServerResponse, type: string, text: string) =>
  void response.writeHead(200, { 'content-type': type }).end(text);

describe('an index', () => {
  it('is asked for the project by its normal name, and answers in JSON', async () => {
    await using server = await serve((_, response) => send(response, 'application/vnd.pypi.simple.v1+json', json));
    expect((await find(new URL('/simple', server.url))).href).toBe(`${server.url}packages/${file}`);
    expect(server.asked[0]?.url).toBe('/simple/tensorflow-cpu/');
    expect(server.asked[0]?.headers.accept).toContain('application/vnd.pypi.simple.v1+json');
  });

  it('may answer in HTML, with relative addresses and entities', async () => {
    await using server = await serve((_, response) => send(response, 'text/html', html));
    expect((await find(new URL('/simple/', server.url))).href).toBe(`${server.url}packages/${file}?a=1&b=2#sha256=00`);
  });

  it('may send elsewhere; addresses count from there', async () => {
    await using other = await serve((_, response) => send(response, 'text/html', html));
    await using server = await serve((_, response) =>
      response.writeHead(301, { location: `${other.url}mirror/simple/tensorflow-cpu/` }).end(),
    );
    expect((await find(server.url)).href).toContain(`${other.url}mirror/packages/`);
  });

  it('gets its user and password back with a file of its own, and a file elsewhere does not', async () => {
    await using server = await serve((_, response) => send(response, 'text/html', html));
    const index = new URL(server.url.href.replace('//', '//user:secret@'));
    expect((await find(index)).password).toBe('secret');
    expect(server.asked[0]?.headers.authorization).toMatch(/^Basic /);
    await using away = await serve((_, response) =>
      send(response, 'text/html', `<a href="https://files.example/${file}">${file}</a>`),
    );
    expect((await find(new URL(away.url.href.replace('//', '//user:secret@')))).password).toBe('');
  });

  it('that lacks the file, the project or an answer is passed over with a reason', async () => {
    await using none = await serve((_, response) => send(response, 'text/html', '<html></html>'));
    await expect(find(none.url)).rejects.toMatchObject({
      code: 'CSM-NATIVE-UNREACHABLE',
      details: { sources: `${none.url.host} (no ${file})` },
    });
    await using absent = await serve((_, response) => response.writeHead(404).end('not here'));
    await expect(find(absent.url)).rejects.toMatchObject({
      details: { sources: `${absent.url.host} (HTTP 404 for tensorflow-cpu)` },
    });
    await absent[Symbol.asyncDispose]();
    await expect(find(absent.url)).rejects.toMatchObject({
      details: { sources: `${absent.url.host} (ECONNREFUSED)` },
    });
  });
});

describe('a list', () => {
  it('of any text gives names and addresses, or none', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        const clean = before.replaceAll('<', '');
        expect(readHtmlList(`${clean}<a href="x">y</a>${after}`)[0]).toEqual({ filename: 'y', url: 'x' });
        for (const { filename, url } of readHtmlList(before))
          expect([typeof filename, typeof url]).toEqual(['string', 'string']);
        expect(Array.isArray(readJsonList(before))).toBe(true);
      }),
    );
  });

  it('knows single quotes, capitals and further attributes, and passes over anchors without an address', () => {
    const text = `<A class=x HREF = 'a b'>one</A><a name="n">two</a><a href="c"`;
    expect(readHtmlList(text)).toEqual([{ filename: 'one', url: 'a b' }]);
  });
});
