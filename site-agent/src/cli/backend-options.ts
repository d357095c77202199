import type { BackendChoice, DeviceDemand } from '@consilium/models/backend';
import { fail } from '@consilium/shared/errors';
import type { Command } from 'commander';
import type { z } from 'zod';
import { type SiteSettings, siteSettings } from '../config/index.js';

/** What a model is to run on, as it may be said on the command line. */
export interface BackendOptions {
  readonly backend?: string;
  readonly device?: string;
}

export const withBackendOptions = (command: Command): Command =>
  command
    .option('--backend <name>', 'auto, native, webgpu, wasm or cpu')
    .option('--device <kind>', 'what it must run on: any, gpu or cpu');

/** As the options say, else as the site's settings do. @throws CSM-CLI-ARGUMENT */
export const chosenBackend = (
  { backend, device }: BackendOptions,
  settings: SiteSettings | null,
): { readonly choice: BackendChoice; readonly device: DeviceDemand } => ({
  choice: read('--backend', siteSettings.shape.backend, backend) ?? settings?.backend ?? 'auto',
  device: read('--device', siteSettings.shape.device, device) ?? settings?.device ?? 'any',
});

function read<T>(name: string, schema: z.ZodType<T>, text: string | undefined): T | undefined {
  if (text === undefined) return undefined;
  const parsed = schema.safeParse(text);
  return parsed.success ? parsed.data : fail('CSM-CLI-ARGUMENT', { name, problem: parsed.error.issues[0]!.message });
}
