const utf8 = new TextEncoder();

/** Seconds between signs of life on a quiet event stream; proxies close silent ones after a minute or so. */
const heartbeatMs = 15_000;

/** One server-sent event. The data is one line of JSON. */
export const event = (name: string, data: unknown): Uint8Array =>
  utf8.encode(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);

const heartbeat = utf8.encode(': still here\n\n');

export interface Watch {
  /** Calls back on any change; returns the unsubscriber. */
  readonly subscribe: (changed: () => void) => () => void;
  /** What there is to see now. */
  readonly look: () => Promise<readonly Uint8Array[]>;
  /** False ends the stream at the next sign of life. */
  readonly live: () => boolean;
  readonly signal: AbortSignal;
}

/**
 * An event stream that shows the newest state: however slow the reader, it never lags behind by more than one look,
 * since changes in between are not queued but looked at once.
 */
export async function* watch({ subscribe, look, live, signal }: Watch): AsyncGenerator<Uint8Array> {
  let changed = true;
  let wake = () => {};
  const rouse = () => {
    changed = true;
    wake();
  };
  const stop = () => wake();
  const unsubscribe = subscribe(rouse);
  signal.addEventListener('abort', stop);
  try {
    while (!signal.aborted && live()) {
      if (changed) {
        changed = false;
        yield* await look();
      } else {
        const quiet = await new Promise<boolean>((resolve) => {
          const timer = setTimeout(() => resolve(true), heartbeatMs);
          wake = () => {
            clearTimeout(timer);
            resolve(false);
          };
        });
        wake = () => {};
        if (quiet) yield heartbeat;
      }
    }
  } finally {
    signal.removeEventListener('abort', stop);
    unsubscribe();
  }
}

/** Lines as bytes. */
export async function* lines(records: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  for await (const line of records) yield utf8.encode(line.endsWith('\n') ? line : `${line}\n`);
}

/** Bytes as a stream of one piece. */
export async function* whole(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
