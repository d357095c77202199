import type { Server as HttpServer, IncomingMessage } from 'node:http';
import { asCoded, coded } from '@consilium/shared/errors';
import type { RunId } from '@consilium/shared/ids';
import { type DefaultEventsMap, Server, type Socket } from 'socket.io';
import { attachToUpgrades } from '../../transport/index.js';
import { cookieName, readCookie } from '../cookie.js';
import type { ApiOptions } from '../options.js';
import { checkOrigin } from '../origin.js';
import type { PageUsers } from '../page-users.js';
import { problemOf } from '../problem.js';
import type { Caller } from '../role.js';
import { readPart } from '../shape.js';
import { openLooks } from './looks.js';
import { type FromPage, livePath, pageNamespace, type ToPage, watchRequest } from './shapes.js';

/** Least time between two states of a page. */
const betweenMs = 1_000;
/** What no change tells of, such as the age of a site's last word, is looked at this often; ended sessions, too. */
const refreshMs = 2_000;
/** Pages that are open at one time. */
export const maxPages = 200;
/** A page says no more than what it watches. */
const maxMessageBytes = 4096;
const connectMs = 10_000;

const signedOut = () => coded('CSM-API-SIGNED-OUT');
const busy = () => coded('CSM-API-BUSY', { limit: maxPages });

type PageSocket = Socket<FromPage, ToPage, DefaultEventsMap, { caller?: Caller }>;

export interface LiveOptions {
  readonly server: HttpServer;
  readonly options: ApiOptions;
  readonly users: PageUsers;
}

/**
 * Live views of the page by websocket. Level-triggered: after each change a page is sent the whole of what it watches,
 * so that whatever was lost in between, the newest state is the truth.
 * @returns closes all of them
 */
export function openLive({ server, options, users }: LiveOptions): () => void {
  const { settings, runs, sites } = options;
  const io = new Server<FromPage, ToPage, DefaultEventsMap, { caller?: Caller }>({
    path: livePath,
    transports: ['websocket'],
    allowUpgrades: false,
    perMessageDeflate: false,
    httpCompression: false,
    serveClient: false,
    maxHttpBufferSize: maxMessageBytes,
    connectTimeout: connectMs,
    allowRequest: (request, decide) => {
      admit(request).then(
        () => decide(null, true),
        (thrown: unknown) => decide(asCoded(thrown).code, false),
      );
    },
  });
  attachToUpgrades(io, server);
  const pages = io.of(pageNamespace);
  const looks = openLooks(options);
  const open = new Set<{ readonly changed: (run: string | null) => void }>();

  const callerOf = ({ headers }: Pick<IncomingMessage, 'headers'>): Promise<Caller> =>
    users.caller(readCookie(headers.cookie, cookieName(settings.secure)));

  /** @throws CSM-API-ORIGIN, CSM-API-SIGNED-OUT, CSM-API-BUSY */
  async function admit(request: IncomingMessage): Promise<void> {
    checkOrigin(request.headers, settings.address());
    if ((await callerOf(request)).kind !== 'user') throw signedOut();
    if (open.size >= maxPages) throw busy();
  }

  // There is nothing outside the page's own namespace.
  io.use((_socket, next) => next(coded('CSM-API-NOT-FOUND', { path: '/' })));
  pages.use((socket, next) => {
    callerOf(socket.request).then(
      (caller) => {
        socket.data.caller = caller;
        next();
      },
      (thrown: unknown) => next(asCoded(thrown)),
    );
  });
  pages.on('connection', (socket) => serve(socket, socket.data.caller ?? { kind: 'nobody' }));

  function serve(socket: PageSocket, caller: Caller): void {
    let watched: RunId | null = null;
    let isDue = true;
    let isBusy = false;
    let isLost = false;
    let seen = () => {};
    const page = {
      changed(run: string | null) {
        if (!isLive()) return end(signedOut());
        if (watched !== null && run !== null && run !== watched) return;
        isDue = !isLost;
        void pump();
      },
    };
    function watch(request: unknown): void {
      try {
        watched = readPart(watchRequest, request, 'watch').run;
        isLost = false;
        isDue = true;
        void pump();
      } catch (thrown) {
        end(thrown);
      }
    }
    function refuse(thrown: unknown): void {
      // What cannot be shown is not tried again until something else is asked for.
      isLost = true;
      socket.emit('refused', problemOf(asCoded(thrown)));
    }
    const isLive = () => caller.kind === 'user' && caller.live();
    function end(reason: unknown): void {
      refuse(reason);
      socket.disconnect(true);
    }
    async function pump(): Promise<void> {
      if (isBusy || !socket.connected) return;
      isBusy = true;
      while (isDue && socket.connected) {
        isDue = false;
        if (!isLive()) return end(signedOut());
        const state = await looks.at(watched, caller).catch(refuse);
        if (state !== undefined) {
          await new Promise<void>((resolve) => {
            seen = resolve;
            socket.emit('state', state, () => resolve());
          });
        }
        await new Promise((resolve) => setTimeout(resolve, betweenMs));
      }
      isBusy = false;
    }
    // Looked at once more: many may have been let in at one time.
    if (open.size >= maxPages) {
      end(busy());
      return;
    }
    open.add(page);
    socket.once('disconnect', () => {
      open.delete(page);
      seen();
    });
    socket.on('watch', watch);
    const { run } = socket.handshake.auth;
    if (run === undefined || run === null) void pump();
    else watch({ run });
  }

  const tell = (run: string | null) => {
    for (const page of [...open]) page.changed(run);
  };
  const quiet = [
    runs.subscribe((run) => {
      looks.forget(run);
      tell(run);
    }),
    sites.subscribe(() => tell(null)),
    users.onEnd(() => tell(null)),
  ];
  const refresh = setInterval(() => {
    looks.forget();
    tell(null);
  }, refreshMs);
  refresh.unref();

  return () => {
    clearInterval(refresh);
    for (const end of quiet) end();
    io.disconnectSockets(true);
    io.engine.close();
  };
}
