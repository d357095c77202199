// A coordinator that kills itself, with -9, at a chosen commit of its store. Started by mortal.ts, which says when it is to begin.
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { startCoordinator } from '@consilium/coordinator/coordinator';
import { openSqliteStore } from '@consilium/coordinator/store';

const [{ options, death }] = await once(process, 'message');
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));

function die(word) {
  // Written at once: nothing of this process lives on after the next line.
  writeSync(1, `${JSON.stringify(word)}\n`);
  process.kill(process.pid, 'SIGKILL');
}

let count = 0;

/** Dies when the counted one of many comes, before it is done or after. */
async function commit(word, work) {
  count += 1;
  const isDue = (when) => death !== null && death.at === count && death.when === when;
  if (isDue('before')) die({ ...death, word });
  const result = await work();
  if (isDue('after')) die({ ...death, word });
  return result;
}

async function openStore(place) {
  const store = await openSqliteStore(place);
  const append = (chain, head, records, project) =>
    commit(
      records.map(({ sequence, type }) => ({ chain, sequence, type })),
      () => store.append(chain, head, records, project),
    );
  return { ...store, append };
}

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const { url } = await startCoordinator({ ...options, log: silent }, { openStore });
writeSync(1, `${JSON.stringify({ url })}\n`);
