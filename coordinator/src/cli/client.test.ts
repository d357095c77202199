import { randomBytes } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createIdentity } from '@consilium/shared/crypto';
import { CodedError } from '@consilium/shared/errors';
import { consortiumId, runId } from '@consilium/shared/ids';
import { afterEach, expect, it } from 'vitest';
import { listRuns, postCommand } from '../api/calls.js';
import { type LeadClient, openClient } from './client.js';

const run = runId.parse('cd'.repeat(16));
let server: Server;
let client: LeadClient;

async function reach(answer: RequestListener): Promise<void> {
  server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  client = openClient({
    address: `http://127.0.0.1:${typeof bound === 'object' && bound !== null ? bound.port : 0}`,
    consortium: consortiumId.parse('ab'.repeat(16)),
    lead: createIdentity(),
    ca: null,
    now: () => new Date(),
    random: randomBytes,
  });
}

afterEach(async () => {
  await client.close();
  await new Promise((resolve) => server.close(resolve));
});

const refusal = (thrown: unknown): string => (thrown instanceof CodedError ? thrown.code : String(thrown));

it('asks again, signed anew, when a connection closes under a call that only reads', async () => {
  const nonces: unknown[] = [];
  await reach(({ socket, headers }, response) => {
    nonces.push(headers['consilium-nonce']);
    if (nonces.length < 3) socket.destroy();
    else response.end('{"runs":[]}');
  });
  expect(await client.call(listRuns)).toEqual({ runs: [] });
  expect(new Set(nonces).size).toBe(3);
});

it('gives up when it is cut off every time', async () => {
  let asked = 0;
  await reach(({ socket }) => {
    asked += 1;
    socket.destroy();
  });
  expect(await client.call(listRuns).catch(refusal)).toBe('CSM-CLI-UNREACHABLE');
  expect(asked).toBe(3);
});

it('never says a command twice', async () => {
  let asked = 0;
  await reach(({ socket }) => {
    asked += 1;
    socket.destroy();
  });
  const command = client.call(postCommand, { params: { run }, body: { command: 'stop' } });
  expect(await command.catch(refusal)).toBe('CSM-CLI-UNREACHABLE');
  expect(asked).toBe(1);
});
