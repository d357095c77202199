// The coordinator's process of the transfer bench: two gateways, sealed and plain, before one blob folder.
import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { openGateway } from '@consilium/coordinator/transport';
import { freeNow } from '@consilium/shared/memory';
import { maxMessageBytes, silentLog, systemClock } from '@consilium/shared/wire';
import { Server } from 'socket.io';
import { openPlace } from './aggregation.blobs.mjs';
import { certificate, coordinator, folderVariable, plainChannel, serve, trust } from './transfer.parts.mjs';

const { blobs, spools } = await openPlace(process.env[folderVariable]);

async function open(more) {
  const server = createServer();
  const gateway = openGateway({
    server,
    credentials: () => ({ identity: coordinator, certificate }),
    consortium: trust.consortium,
    blobs,
    spools,
    clock: systemClock,
    log: silentLog,
    handlers: {
      admit: async () => ({ standing: 'approved', certificate: null }),
      onStatus: () => {},
      onSubmit: async () => {},
      mayUpload: () => true,
      mayDownload: () => true,
      onRekey: async () => {},
      onMoved: () => {},
      onGone: () => {},
      onTwoAgents: () => {},
    },
    ...more,
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: server.address().port, gateway };
}

/** Takes messages as large as frames, says so and forgets them: what the wire costs by itself. */
async function openWire() {
  const server = createServer();
  const io = new Server(server, { transports: ['websocket'], maxHttpBufferSize: maxMessageBytes });
  io.on('connection', (socket) => {
    socket.on('piece', (bytes, taken) => {
      freeNow(bytes);
      taken();
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server.address().port;
}

const wire = await openWire();
const doors = { sealed: await open({}), plain: await open({ channel: plainChannel }) };

const block = randomBytes(2 ** 20);
const copy = Buffer.allocUnsafeSlow(block.length);

/** Processor seconds of what no upload can do without: a digest, opening what was sealed on the way, sealing for the disk, a copy. */
function bare(blocks) {
  const before = process.cpuUsage();
  const hash = createHash('sha256');
  for (let done = 0; done < blocks; done++) {
    hash.update(block);
    for (let pass = 0; pass < 2; pass++) {
      const cipher = createCipheriv('chacha20-poly1305', block.subarray(0, 32), block.subarray(0, 12), {
        authTagLength: 16,
      });
      freeNow(cipher.update(block));
      cipher.final();
    }
    copy.set(block);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

serve(async ({ forget, count, alone }) => {
  if (alone !== undefined) return bare(alone);
  if (count === true) {
    const { user, system } = process.cpuUsage();
    return { cpuSeconds: (user + system) / 1e6, ...doors.sealed.gateway.bytesOf(trust.site) };
  }
  if (forget === undefined) return { sealed: doors.sealed.port, plain: doors.plain.port, wire };
  await spools.sweep(() => false);
  await blobs.remove(forget);
  return null;
});
