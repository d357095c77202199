// Open pages of the dashboard bench, in a process of their own: what a browser with the run before it asks of the coordinator,
// without a browser. A page that draws takes its time; these ask for the next state at once.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { io } from 'socket.io-client';

/** Opens so many pages; `close` tells how many states they were sent. */
export async function openPages(options) {
  const child = fork(fileURLToPath(import.meta.url));
  child.send(options);
  await once(child, 'message');
  return {
    async close() {
      const told = once(child, 'message');
      child.send('close');
      const [states] = await told;
      return { states };
    },
  };
}

if (process.send !== undefined && process.argv[1] === fileURLToPath(import.meta.url)) {
  let states = 0;
  process.on('disconnect', () => process.exit());
  process.on('message', async (message) => {
    if (message === 'close') return process.send(states, () => process.exit());
    await Promise.all(Array.from({ length: message.pages }, () => openPage(message, () => states++)));
    process.send('open');
  });
}

function openPage({ url, run, cookie }, told) {
  const headers = { cookie, origin: url };
  const get = (path) => fetch(`${url}/${path}`, { headers }).then((answer) => answer.json());
  const socket = io(`${url}/page`, {
    ...{ path: '/live/', transports: ['websocket'], forceNew: true },
    ...{ auth: { run }, extraHeaders: headers },
  });
  let step = null;
  return new Promise((resolve, reject) => {
    socket.on('connect_error', reject);
    socket.on('state', (state, seen) => {
      seen();
      told();
      if (state.run.step !== step) {
        step = state.run.step;
        const from = Math.max(0, state.run.index - 19);
        void get(`api/runs/${run}/steps?from=${from}&limit=20`);
      }
      resolve();
    });
  });
}
