import { randomBytes } from 'node:crypto';
import { sha256 } from '@consilium/shared/canonical';
import { memorySource } from '@consilium/site-agent/connection';
import { afterEach, describe, expect, it } from 'vitest';
import {
  createCleanUp,
  firstFault,
  mebibyte,
  memorySink,
  run,
  startCoordinator,
  startProxy,
  startSite,
  state,
  step,
} from './kit.js';
import { createTestCertificate } from './test-certificate.js';

const cleanUp = createCleanUp();
afterEach(cleanUp.run);
const tls = createTestCertificate();

describe('a site behind a proxy', () => {
  it('reaches the coordinator by CONNECT alone, and blobs pass both ways', async () => {
    const { address, port } = await startCoordinator(cleanUp);
    const proxy = await startProxy(cleanUp);
    const site = startSite(cleanUp, { address, proxy: proxy.url });
    const bytes = randomBytes(2 * mebibyte + 1);
    const sink = memorySink();
    await site.upload({ run, step, hash: sha256(bytes) }, memorySource(bytes));
    await site.fetch({ run, step, hash: sha256(bytes) }, sink);
    expect(Buffer.compare(sink.bytes(), bytes)).toBe(0);
    expect(proxy.asked).toEqual([`127.0.0.1:${port}`]);
  });

  it('speaks TLS through it, with a private authority', async () => {
    const { address, port } = await startCoordinator(cleanUp, {}, { tls });
    const proxy = await startProxy(cleanUp);
    await state(startSite(cleanUp, { address, proxy: proxy.url, ca: tls.ca }), 'connected');
    expect(proxy.asked).toEqual([`127.0.0.1:${port}`]);
  });

  it('does not take a certificate for another name through it', async () => {
    const { address } = await startCoordinator(cleanUp, {}, { tls });
    const proxy = await startProxy(cleanUp);
    const elsewhere = address.replace('127.0.0.1', 'localhost');
    const error = await firstFault(startSite(cleanUp, { address: elsewhere, proxy: proxy.url, ca: tls.ca }));
    expect(error).toMatchObject({ code: 'CSM-HANDSHAKE-TLS', details: { reason: 'ERR_TLS_CERT_ALTNAME_INVALID' } });
  });

  it('is told when the proxy refuses, without the password of the proxy', async () => {
    const { address } = await startCoordinator(cleanUp);
    const proxy = await startProxy(cleanUp, 407);
    const url = proxy.url.replace('//', '//user:hunter22@');
    const error = await firstFault(startSite(cleanUp, { address, proxy: url }));
    expect(error).toMatchObject({ code: 'CSM-HANDSHAKE-PROXY', details: { reason: 'HTTP 407' } });
    expect(JSON.stringify(error.details)).not.toContain('hunter22');
  });

  it('is told when the proxy is not there', async () => {
    const { address, close, port } = await startCoordinator(cleanUp);
    await close();
    const error = await firstFault(startSite(cleanUp, { address, proxy: `http://127.0.0.1:${port}` }));
    expect(error).toMatchObject({ code: 'CSM-HANDSHAKE-PROXY', details: { reason: 'ECONNREFUSED' } });
  });
});

describe('a coordinator with a certificate of a private authority', () => {
  it('is reached by a site that was given the authority', async () => {
    const { address } = await startCoordinator(cleanUp, {}, { tls });
    expect(address).toMatch(/^https:/);
    await state(startSite(cleanUp, { address, ca: tls.ca }), 'connected');
  });

  it('is not reached by one that was not', async () => {
    const { address } = await startCoordinator(cleanUp, {}, { tls });
    const error = await firstFault(startSite(cleanUp, { address }));
    expect(error).toMatchObject({
      code: 'CSM-HANDSHAKE-TLS',
      details: { reason: expect.stringMatching(/UNABLE_TO|SELF_SIGNED/) },
    });
  });

  it('is not reached by one that was given another authority of the same name', async () => {
    const { address } = await startCoordinator(cleanUp, {}, { tls });
    const error = await firstFault(startSite(cleanUp, { address, ca: createTestCertificate().ca }));
    expect(error).toMatchObject({ code: 'CSM-HANDSHAKE-TLS' });
  });
});
