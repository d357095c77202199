import type { Server as HttpServer, RequestListener } from 'node:http';
import type { Server } from 'socket.io';

/** Takes websocket upgrades alone: plain requests stay with whoever listens for them, now or later. */
export function attachToUpgrades(io: Pick<Server, 'attach'>, server: HttpServer): void {
  const listeners = server.listeners('request').filter((one): one is RequestListener => typeof one === 'function');
  io.attach(server);
  server.removeAllListeners('request');
  for (const listener of listeners) server.on('request', listener);
}
