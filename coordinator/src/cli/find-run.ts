import { fail } from '@consilium/shared/errors';
import type { RunId } from '@consilium/shared/ids';
import { listRuns } from '../api/calls.js';
import type { LeadClient } from './client.js';

/** The run that somebody means by a unique beginning of its id, or by `latest`. @throws CSM-CLI-RUN */
export async function findRun(client: LeadClient, text: string): Promise<RunId> {
  const { runs } = await client.call(listRuns);
  if (text === 'latest') return runs[0]?.run ?? fail('CSM-CLI-RUN', { run: text, found: 0 });
  const found = runs.filter(({ run }) => run.startsWith(text.toLowerCase()));
  const only = found.length === 1 ? found[0]?.run : undefined;
  return only ?? fail('CSM-CLI-RUN', { run: text, found: found.length });
}
