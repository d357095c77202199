// The coordinator's process of the transfer bench: two gateways, sealed and plain, before one blob folder.
import { createServer } from 'node:http';
import { openGateway } from '@consilium/coordinator/transport';
import { silentLog, systemClock } from '@consilium/shared/wire';
import { openPlace } from './aggregation.blobs.mjs';
import { certificate, coordinator, folderVariable, plainChannel, serve, trust } from './transfer.parts.mjs';

const { blobs, spools } = await openPlace(process.env[folderVariable]);

async function open(more) {
  const server = createServer();
  const gateway = openGateway({
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
  return { port: server.address().port, gateway };
}

const doors = { sealed: await open({}), plain: await open({ channel: plainChannel }) };

serve(async ({ forget, count }) => {
  if (count === true) {
    const { user, system } = process.cpuUsage();
    return { cpuSeconds: (user + system) / 1e6, ...doors.sealed.gateway.bytesOf(trust.site) };
  }
  if (forget === undefined) return { sealed: doors.sealed.port, plain: doors.plain.port };
  await spools.sweep(() => false);
  await blobs.remove(forget);
  return null;
});
