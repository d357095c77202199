// The coordinator's process of the transfer bench: two gateways, sealed and plain, before one blob folder.
import { createServer } from 'node:http';
import { openGateway } from '@consilium/coordinator/transport';
import { silentLog, systemClock } from '@consilium/shared/wire';
import { openPlace } from './aggregation.blobs.mjs';
import { certificate, coordinator, folderVariable, plainChannel, serve, trust } from './transfer.parts.mjs';

const { blobs, spools } = await openPlace(process.env[folderVariable]);

async function open(more) {
  const server = createServer();
  openGateway({
    server,
    identity: coordinator,
    certificate: () => certificate,
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
      onMoved: () => {},
      onGone: () => {},
      onTwoAgents: () => {},
    },
    ...more,
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server.address().port;
}

const ports = { sealed: await open({}), plain: await open({ channel: plainChannel }) };

serve(async ({ forget }) => {
  if (forget === undefined) return ports;
  await spools.sweep(() => false);
  await blobs.remove(forget);
  return null;
});
