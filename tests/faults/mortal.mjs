// A coordinator that kills itself, with -9, at a chosen commit of its store or operation on its disk. Started by mortal.ts, which
// says when it is to begin.
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { startCoordinator } from '@consilium/coordinator/coordinator';
import { openSqliteStore, realDisk } from '@consilium/coordinator/store';

const [{ options, death }] = await once(process, 'message');
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));

function die(word) {
  // Written at once: nothing of this process lives on after the next line.
  writeSync(1, `${JSON.stringify(word)}\n`);
  process.kill(process.pid, 'SIGKILL');
}

/** Dies when the counted one of many comes, before it is done or after. */
function mortal(kind) {
  let count = 0;
  return async (word, work) => {
    count += 1;
    const now = death !== null && death.of === kind && death.at === count;
    if (now && death.when === 'before') die({ ...death, word });
    const result = await work();
    if (now && death.when === 'after') die({ ...death, word });
    return result;
  };
}

const commits = mortal('commit');
const operations = mortal('disk');

async function openStore(place) {
  const store = await openSqliteStore(place);
  const append = (chain, head, records, project) =>
    commits(
      records.map(({ sequence, type }) => ({ chain, sequence, type })),
      () => store.append(chain, head, records, project),
    );
  return { ...store, append };
}

const disk = {
  ...realDisk,
  rename: (from, to) => operations('rename', () => realDisk.rename(from, to)),
  async open(...given) {
    const handle = await realDisk.open(...given);
    const { sync, write } = handle;
    handle.sync = () => operations('sync', () => sync.call(handle));
    handle.write = (...what) => operations('write', () => write.apply(handle, what));
    return handle;
  },
};

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const { url } = await startCoordinator({ ...options, log: silent }, { openStore, disk });
writeSync(1, `${JSON.stringify({ url })}\n`);
