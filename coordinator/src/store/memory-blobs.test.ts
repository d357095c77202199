import { blobsConformance } from './blobs.conformance.js';
import { memoryBlobs } from './memory-blobs.js';
import { spoolsConformance } from './spools.conformance.js';
import type { TestPlace } from './testing/test-place.js';

async function make(): Promise<TestPlace> {
  const place = memoryBlobs();
  return {
    place,
    async reopen() {
      await place.close();
      return place;
    },
    remove: () => place.close(),
  };
}

blobsConformance('memory', make);
spoolsConformance('memory', make);
