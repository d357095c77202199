// One fold in a process of its own: `node aggregation.fold.mjs FOLDER BASE UPDATE…`; prints JSON.
// The peak is read after the fold and before anything else is timed.
import { fold } from '@consilium/coordinator/aggregation';
import { openPlace } from './aggregation.blobs.mjs';
import { interleaved } from './measuring/interleaved.mjs';

const [folder, base, ...updates] = process.argv.slice(2);
const { blobs, close } = await openPlace(folder);
const contributions = updates.map((hash, index) => ({ site: `hospital-${index}`, samples: 100 + index, hash }));

const strategy = { name: 'fedavg', normBound: 1e6 };

const foldOnce = () => fold({ strategy, base, contributions, blobs });
async function readOnce() {
  const bytes = await blobs.size(base);
  const chunkBytes = 2 ** 20;
  for (let offset = 0; offset < bytes; offset += chunkBytes) {
    for (const hash of updates) await blobs.read(hash, offset, Math.min(chunkBytes, bytes - offset));
  }
}

await foldOnce();
const peakBytes = process.resourceUsage().maxRSS * 1024;
const ms = await interleaved({ fold: foldOnce, read: readOnce }, { rounds: 3, warmUp: 0 });
await close();
console.log(JSON.stringify({ sites: updates.length, peakBytes, foldMs: ms.fold, readMs: ms.read }));
