// The process that trains: a child of the agent, so that the agent's heartbeats never wait for a gradient, and a crash or
// out-of-memory here is something that the agent reports. It has no key and no network.
import { asCoded, type CodedError, placesOf } from '@consilium/shared/errors';
import { tether } from '@consilium/shared/process';
import { sendable } from '@consilium/shared/wire';
import { type Answer, request, type Setting } from './messages.js';
import { openWorkshop, type Workshop } from './workshop.js';

/** Progress is told at most this often. */
const progressMs = 250;

tether();
// Ctrl-C in a terminal reaches the whole group; when this process ends is for the agent to say.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit(0));
// Node itself would write out its message.
process.on('uncaughtException', (thrown) => {
  known(thrown);
  process.exit(1);
});

const say = (answer: Answer, sent = () => {}): void => void process.send?.(answer, sent);
const aborts = new Map<number, AbortController>();
let workshop: Promise<Workshop> | null = null;
let turn: Promise<void> = Promise.resolve();

process.on('message', (raw) => {
  const message = request.parse(raw);
  switch (message.type) {
    case 'begin':
      workshop = begin(message.setting);
      break;
    case 'job': {
      const abort = new AbortController();
      aborts.set(message.number, abort);
      turn = turn.then(() => work(message.number, message.job, abort.signal));
      break;
    }
    case 'abort':
      aborts.get(message.number)?.abort();
      break;
    default:
      message satisfies never;
  }
});

function begin(setting: Setting): Promise<Workshop> {
  const opening = openWorkshop(setting);
  opening.then(
    ({ backend }) => say({ type: 'ready', backend: { ...backend } }),
    (thrown: unknown) => say({ type: 'unable', error: sendable(known(thrown)) }),
  );
  return opening;
}

async function work(number: number, job: Parameters<Workshop['run']>[0], signal: AbortSignal): Promise<void> {
  let told = -Infinity;
  try {
    if (workshop === null) throw new ReferenceError('a job came before its setting');
    signal.throwIfAborted();
    const result = await (await workshop).run(job, {
      signal,
      onProgress({ epoch, done, total, epochLoss }) {
        const now = performance.now();
        if (done < total && now - told < progressMs) return;
        told = now;
        say({ type: 'progress', number, epoch, done, total, epochLoss });
      },
    });
    say({ type: 'done', number, result });
  } catch (thrown) {
    const error = known(thrown);
    // A device that failed once gives no right value again; the next job finds a new process with a new device.
    const lost = error.code === 'CSM-BACKEND-DEVICE';
    say({ type: 'failed', number, error: sendable(error) }, () => lost && process.exit(1));
  } finally {
    aborts.delete(number);
  }
}

/** A fault as the agent may pass it on. Where it came from goes to the log of this machine. */
function known(thrown: unknown): CodedError {
  const error = asCoded(thrown);
  if (error.code === 'CSM-INTERNAL' && thrown instanceof Error && thrown.name !== 'AbortError') {
    console.error(placesOf(thrown));
  }
  return error;
}
