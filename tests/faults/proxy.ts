import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net';

export type Direction = 'up' | 'down';

/** How fast a link is, and how far: bytes wait for their turn, then travel. */
export interface Pace {
  readonly bytesPerSecond: number;
  readonly delayMs: number;
}

/** 4 Mbit/s with 150 ms each way: a hospital behind a poor line. */
export const poorLine: Pace = { bytesPerSecond: 500_000, delayMs: 150 };

/** A TCP link on loopback that counts what passes and breaks as it is told. It never reorders. */
export interface TcpProxy {
  readonly address: string;
  /** Where connections go from now on. */
  redirect(port: number): void;
  /** Connections that were taken so far. */
  taken(): number;
  /** Bytes that have left the proxy, towards the coordinator (`up`) or the site (`down`). */
  passed(direction: Direction): number;
  /** Resets every connection at both ends. */
  cut(): void;
  /** Resets once so many more bytes have passed in a direction, be it in the middle of a frame. Resolves then. */
  cutAfter(direction: Direction, bytes: number): Promise<void>;
  /** Lets nothing through, and breaks nothing, until the function that comes back is called. */
  stall(): () => void;
  /** Lets nothing through in one direction any more: as a peer that no longer reads. */
  stallOneWay(direction: Direction): void;
  throttle(pace: Pace | null): void;
  /** Mirrors each later connection by a second one to the same port that replays its bytes. What that one hears is given on. */
  duplicate(onAnswer: (bytes: Uint8Array) => void): void;
  close(): Promise<void>;
}

export async function openProxy(port = 0): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const counts = { up: 0, down: 0 };
  let target = port;
  let taken = 0;
  let pace: Pace | null = null;
  let deaf: Direction | null = null;
  let stalled: Promise<void> = Promise.resolve();
  let limit: { readonly direction: Direction; readonly at: number; readonly reached: () => void } | null = null;
  let onAnswer: ((bytes: Uint8Array) => void) | null = null;

  function hold(socket: Socket): Socket {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    return socket;
  }

  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };

  /** Passes bytes on, up to the one at which the link is to break. */
  function pass(bytes: Uint8Array, to: Socket, direction: Direction): void {
    if (to.destroyed) return;
    const left = limit?.direction === direction ? limit.at - counts[direction] : Number.POSITIVE_INFINITY;
    const part = bytes.subarray(0, Math.max(0, left));
    counts[direction] += part.length;
    if (left > bytes.length) {
      to.write(part);
      return;
    }
    const { reached } = limit!;
    limit = null;
    // A reset drops what still waits in the socket: the bytes before the cut are let out first.
    to.write(part, () => {
      cut();
      reached();
    });
  }

  function pump(from: Socket, to: readonly Socket[], direction: Direction): void {
    from.on('data', async (bytes: Buffer) => {
      from.pause();
      await stalled;
      if (deaf === direction) return;
      if (pace !== null) await after((bytes.length / pace.bytesPerSecond) * 1000);
      const travels = pace?.delayMs ?? 0;
      const arrive = (): void => {
        const [first, ...others] = to;
        if (first) pass(bytes, first, direction);
        for (const other of others) other.write(bytes);
      };
      if (travels === 0) arrive();
      else void after(travels).then(arrive);
      from.resume();
    });
    from.once('close', () => {
      for (const socket of to) socket.destroy();
    });
  }

  const server = createServer((near) => {
    taken += 1;
    hold(near);
    const far = hold(dial(target, '127.0.0.1'));
    const shadows: Socket[] = [];
    if (onAnswer !== null) {
      const shadow = hold(dial(target, '127.0.0.1'));
      shadow.on('data', onAnswer);
      shadows.push(shadow);
    }
    pump(near, [far, ...shadows], 'up');
    pump(far, [near], 'down');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const own = (server.address() as AddressInfo).port;

  return {
    address: `http://127.0.0.1:${own}`,
    redirect(other) {
      target = other;
    },
    taken: () => taken,
    passed: (direction) => counts[direction],
    cut,
    cutAfter: (direction, bytes) =>
      new Promise((reached) => {
        limit = { direction, at: counts[direction] + bytes, reached };
      }),
    stall() {
      let release = () => {};
      stalled = new Promise((resolve) => {
        release = resolve;
      });
      return release;
    },
    stallOneWay(direction) {
      deaf = direction;
    },
    throttle(wanted) {
      pace = wanted;
    },
    duplicate(listener) {
      onAnswer = listener;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}

const after = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
