import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { z } from 'zod';

const require = createRequire(import.meta.url);

/** The package whose addon the native backend is: its folder, with the source in `binding/`, and its version. */
export function addonSource(): { readonly folder: string; readonly version: string } {
  const manifest = require.resolve('@tensorflow/tfjs-node-gpu/package.json');
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(manifest, 'utf8')));
  return { folder: dirname(manifest), version };
}
