import type { Server as HttpServer } from 'node:http';
import { asCoded, coded } from '@consilium/shared/errors';
import express, { type ErrorRequestHandler, type Express } from 'express';
import helmet from 'helmet';
import { pageRouter } from '../page/index.js';
import { openLive } from './live/index.js';
import { openApiDocument } from './openapi.js';
import type { ApiOptions } from './options.js';
import { openPageUsers } from './page-users.js';
import { allRoutes } from './routes/index.js';
import { leaveBody, mount, refuse } from './serve.js';
import { setupLink } from './setup-link.js';

export interface Api {
  /** Handles requests. */
  readonly app: Express;
  /** Serves an http or https server: its requests, and the page's websockets. Once. */
  attach(server: HttpServer): void;
  /** A link that makes the first page user; null when there is one already. */
  setupLink(): Promise<string | null>;
  /** Ends all open streams, so that the server can close. */
  close(): void;
}

/** The coordinator's HTTP side: the lead's calls, the page and its live views. */
export function openApi(options: ApiOptions): Api {
  const { settings, records, now, random } = options;
  const users = openPageUsers({ records, now, random });
  const closing = new AbortController();
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', settings.behindProxy ? 1 : false);
  app.use(securityHeaders(settings.secure));

  const document = openApiDocument(settings.version);
  for (const bound of allRoutes(options, users)) mount(app, bound, options, users, closing.signal);
  app.use(leaveBody);
  app.get('/api/openapi.json', (_request, response) => void response.json(document));
  app.use(pageRouter());
  app.use((request, response) => {
    refuse(response, coded('CSM-API-NOT-FOUND', { path: request.path }), request, options);
  });
  // What express itself refuses, such as an address that cannot be decoded.
  const last: ErrorRequestHandler = (thrown, request, response, _next) => {
    const status: unknown = thrown instanceof Error && 'status' in thrown ? thrown.status : undefined;
    const theirs = typeof status === 'number' && status < 500;
    const error = theirs ? coded('CSM-API-BODY', { path: 'address', problem: 'unreadable' }) : asCoded(thrown);
    refuse(response, error, request, options);
  };
  app.use(last);

  let closeLive = () => {};
  return {
    app,
    attach(server) {
      server.on('request', app);
      closeLive = openLive({ server, options, users });
    },
    async setupLink() {
      const token = await users.firstToken();
      return token === null ? null : setupLink(settings.address(), token);
    },
    close() {
      closing.abort();
      closeLive();
    },
  };
}

const securityHeaders = (secure: boolean) =>
  helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: secure ? { maxAge: 31_536_000, includeSubDomains: false } : false,
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
  });
