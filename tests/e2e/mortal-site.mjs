// Loaded before `consilium-site`, in whose process it kills that, with -9, right before or after it gives a file that it has written
// its name: `MORTAL` says which, as `test.json after`.
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { basename } from 'node:path';

const [name, when] = (process.env.MORTAL ?? '').split(' ');
const { rename } = promises;

// The agent's own child is another program.
if (name && process.argv[1]?.endsWith('consilium-site.js')) {
  promises.rename = async (from, to) => {
    const isDue = (moment) => when === moment && basename(String(to)) === name;
    if (isDue('before')) process.kill(process.pid, 'SIGKILL');
    await rename(from, to);
    if (isDue('after')) process.kill(process.pid, 'SIGKILL');
  };
  syncBuiltinESMExports();
}
