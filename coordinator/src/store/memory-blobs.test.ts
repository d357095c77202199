import { blobsConformance } from './blobs.conformance.js';
import { memoryBlobs } from './memory-blobs.js';

blobsConformance('memory', async () => {
  const place = memoryBlobs();
  return {
    place,
    async reopen() {
      await place.close();
      return place;
    },
    remove: () => place.close(),
  };
});
