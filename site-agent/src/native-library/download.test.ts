import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { pinOf } from '../testing/fake-wheel.js';
import { sendRange, serve } from '../testing/file-server.js';
import { type DownloadOptions, download } from './download.js';
import { openNetwork } from './network.js';

const content = randomBytes(300_000);
const half = content.subarray(0, 150_000);
const pin = pinOf('library.whl', content);

let folder: string;
let pauses: number[];
let network: ReturnType<typeof openNetwork>;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'consilium-download-'));
  pauses = [];
  network = openNetwork({ env: {} });
});
afterEach(async () => {
  await network.destroy();
  await rm(folder, { recursive: true, force: true });
});

const path = () => join(folder, 'library.whl');
const isContent = async () => (await readFile(path())).equals(content);
const options = (more: Partial<DownloadOptions> = {}): DownloadOptions => ({
  network,
  signal: new AbortController().signal,
  pause: async (ms) => void pauses.push(ms),
  ...more,
});

it('fetches a file, tells how far it is, and leaves nothing but it', async () => {
  await using server = await serve((request, response) => sendRange(content, request, response));
  const seen: [number, number | null][] = [];
  await download(server.url, path(), pin, options({ onProgress: (done, total) => seen.push([done, total]) }));
  expect(await isContent()).toBe(true);
  expect(seen[0]).toEqual([0, content.length]);
  expect(seen.at(-1)).toEqual([content.length, content.length]);
  expect(await readdir(folder)).toEqual(['library.whl']);
});

it('takes a file that is there and right without asking anybody', async () => {
  await using server = await serve((_, response) => response.writeHead(500).end());
  await writeFile(path(), content);
  await download(server.url, path(), pin, options());
  expect(server.asked).toHaveLength(0);
});

it('goes on where a cut connection stopped, as long as each try brings bytes', async () => {
  let cut: ServerResponse | undefined;
  let end = 0;
  await using server = await serve((request, response, count) => {
    if (count > 5) return sendRange(content, request, response);
    const begin = Number(/\d+/.exec(request.headers.range ?? '0')?.[0]);
    const head = { 'content-length': content.length - begin, etag: '"1"' };
    if (begin > 0) response.writeHead(206, { ...head, 'content-range': `bytes ${begin}-/*` });
    else response.writeHead(200, head);
    end = begin + 20_000;
    response.write(content.subarray(begin, end));
    cut = response;
  });
  const onProgress = (done: number) => done === end && cut?.destroy();
  await download(server.url, path(), pin, options({ onProgress }));
  expect(await isContent()).toBe(true);
  expect(server.asked).toHaveLength(6);
  expect(server.asked.at(-1)?.headers).toMatchObject({ range: 'bytes=100000-', 'if-range': '"1"' });
  expect(pauses).toEqual([1000, 1000, 1000, 1000, 1000]);
});

it('goes on after a restart, and begins anew where the file has changed since', async () => {
  for (const etag of ['"1"', '"2"']) {
    await rm(path(), { force: true });
    await using server = await serve((request, response) => sendRange(content, request, response, etag));
    await writeFile(`${path()}.part`, half);
    await writeFile(`${path()}.part.json`, JSON.stringify({ url: server.url.href, etag: '"1"' }));
    const seen: number[] = [];
    await download(server.url, path(), pin, options({ onProgress: (done) => seen.push(done) }));
    expect(await isContent()).toBe(true);
    expect(seen[0]).toBe(etag === '"1"' ? half.length : 0);
  }
});

it('takes the whole from a server that knows no ranges', async () => {
  await using server = await serve((_, response) => response.writeHead(200).end(content));
  await writeFile(`${path()}.part`, half);
  await download(server.url, path(), { ...pin, bytes: null }, options());
  expect(await isContent()).toBe(true);
});

it('takes a part that is the whole already', async () => {
  await using server = await serve((request, response) => sendRange(content, request, response));
  await writeFile(`${path()}.part`, content);
  await download(server.url, path(), { ...pin, bytes: null }, options());
  expect(await isContent()).toBe(true);
});

it('deletes a file with another content, and says so', async () => {
  await using server = await serve((request, response) => sendRange(content, request, response));
  await writeFile(`${path()}.part`, randomBytes(half.length));
  await expect(download(server.url, path(), pin, options())).rejects.toMatchObject({
    code: 'CSM-NATIVE-HASH',
    details: { file: 'library.whl' },
  });
  expect(await readdir(folder)).toEqual([]);
  await download(server.url, path(), pin, options());
  expect(await isContent()).toBe(true);
});

it('stops at the length of the pin, whatever the server sends', async () => {
  await using server = await serve((_, response) => response.writeHead(200).end(Buffer.concat([content, content])));
  await expect(download(server.url, path(), pin, options())).rejects.toMatchObject({ code: 'CSM-NATIVE-HASH' });
  expect(existsSync(`${path()}.part`)).toBe(false);
});

it('gives up a source that does not answer, or has no such file, at once', async () => {
  await using server = await serve((_, response) => response.writeHead(404).end());
  await expect(download(server.url, path(), pin, options())).rejects.toMatchObject({
    code: 'CSM-NATIVE-UNREACHABLE',
    details: { sources: `${server.url.host} (HTTP 404)` },
  });
  await server[Symbol.asyncDispose]();
  await expect(download(server.url, path(), pin, options())).rejects.toMatchObject({
    code: 'CSM-NATIVE-UNREACHABLE',
    details: { sources: `${server.url.host} (ECONNREFUSED)` },
  });
  expect(pauses).toEqual([]);
});

it('gives up a stream that stays cut, keeps what it has, and waits longer each time', async () => {
  let cut: ServerResponse | undefined;
  await using server = await serve((_, response, count) => {
    if (count > 1) return response.destroy();
    response.writeHead(200, { 'content-length': content.length });
    response.write(half);
    cut = response;
  });
  const onProgress = (done: number) => done === half.length && cut?.destroy();
  await expect(download(server.url, path(), pin, options({ onProgress }))).rejects.toMatchObject({
    code: 'CSM-NATIVE-UNREACHABLE',
  });
  expect(pauses).toEqual([1000, 2000, 4000]);
  expect((await readFile(`${path()}.part`)).equals(half)).toBe(true);
});

it('follows a redirection, and shows a password to nobody else', async () => {
  await using files = await serve((request, response) => sendRange(content, request, response));
  await using server = await serve((_, response) => response.writeHead(302, { location: files.url.href }).end());
  await download(new URL(server.url.href.replace('//', '//user:secret@')), path(), pin, options());
  expect(server.asked[0]?.headers.authorization).toBe(`Basic ${Buffer.from('user:secret').toString('base64')}`);
  expect(files.asked[0]?.headers.authorization).toBeUndefined();
});

it('stops when it is told to', async () => {
  const stop = new AbortController();
  await using server = await serve((_, response) => {
    response.writeHead(200, { 'content-length': content.length });
    response.write(half);
  });
  const onProgress = (done: number) => done > 0 && stop.abort();
  const fault = await download(server.url, path(), pin, options({ signal: stop.signal, onProgress })).catch(
    (thrown: unknown) => thrown,
  );
  expect(fault).toBe(stop.signal.reason);
});

it('tells a fault of the disk', async () => {
  await using server = await serve((request, response) => sendRange(content, request, response));
  await expect(download(server.url, join(folder, 'none', 'x'), pin, options())).rejects.toMatchObject({
    code: 'CSM-NATIVE-DISK',
    details: { reason: 'ENOENT' },
  });
});
