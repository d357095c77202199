import { blobsConformance } from './blobs.conformance.js';
import { memoryBlobs } from './memory-blobs.js';
import type { TestPlace } from './place.conformance.js';
import { spoolsConformance } from './spools.conformance.js';

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
