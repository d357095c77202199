import { canonicalBytes } from '@consilium/shared/canonical';
import { signedContract } from '@consilium/shared/contract';
import { blobHash, runId } from '@consilium/shared/ids';
import { z } from 'zod';
import { runSummary, runView } from '../../conduct/view.js';
import { type Bound, bind } from '../bind.js';
import { narrowRun } from '../narrow.js';
import type { ApiOptions } from '../options.js';
import { sightOf } from '../role.js';
import { json, named } from '../shape.js';

export const runPath = z.strictObject({ run: runId });
export const view = named('RunView', runView);
export const summaries = named('RunSummaries', z.strictObject({ runs: z.array(named('RunSummary', runSummary)) }));

export const listRuns = json({
  method: 'GET',
  path: '/api/runs',
  access: 'reader',
  group: 'runs',
  summary: 'All runs, the newest first',
  answer: summaries,
});

export const getRun = json({
  method: 'GET',
  path: '/api/runs/{run}',
  access: 'reader',
  group: 'runs',
  summary: 'Everything about one run that the caller may see',
  params: runPath,
  answer: view,
});

export const postRun = json({
  method: 'POST',
  path: '/api/runs',
  access: 'lead',
  group: 'runs',
  summary: 'Launches a run by its signed contract',
  body: named('Launch', z.strictObject({ signed: signedContract, stepwise: z.boolean() })),
  answer: view,
});

export const postWeights = json({
  method: 'POST',
  path: '/api/weights',
  access: 'lead',
  group: 'runs',
  summary: 'Keeps a part of the weights that a run is to start from, before its launch',
  body: named('WeightsPart', z.strictObject({ bytes: z.string().min(1).meta({ contentEncoding: 'base64' }) })),
  answer: named('KeptPart', z.strictObject({ sha256: blobHash })),
});

export const postCommand = json({
  method: 'POST',
  path: '/api/runs/{run}/command',
  access: 'lead',
  group: 'runs',
  summary: 'Goes on with the next round of a stepwise run, pauses, resumes or stops a run',
  params: runPath,
  body: named('Command', z.strictObject({ command: z.enum(['next', 'pause', 'resume', 'stop']) })),
  answer: view,
});

export const postExtension = json({
  method: 'POST',
  path: '/api/runs/{run}/extend',
  access: 'lead',
  group: 'runs',
  summary:
    'Gives a run that is not past its training more rounds in its last stage, a later last date, or both, by a signed ' +
    'contract that extends the present one',
  params: runPath,
  body: named('Extension', z.strictObject({ signed: signedContract })),
  answer: view,
});

export function runRoutes({ runs }: ApiOptions): readonly Bound[] {
  return [
    bind(listRuns, async () => ({ runs: newestFirst(await runs.list()) })),
    bind(getRun, async ({ params, caller }) => narrowRun(await runs.view(params.run), sightOf(caller))),
    bind(postRun, async ({ body }) => runs.launch(canonicalBytes(body.signed), { stepwise: body.stepwise })),
    bind(postWeights, async ({ body }) => ({ sha256: await runs.keepWeights(Buffer.from(body.bytes, 'base64')) })),
    bind(postExtension, async ({ params, body }) => runs.extend(params.run, canonicalBytes(body.signed))),
    bind(postCommand, async ({ params, body }) => runs.command(params.run, body.command)),
  ];
}

export const newestFirst = <Run extends { readonly created: string }>(runs: readonly Run[]): Run[] =>
  [...runs].sort((a, b) => (a.created < b.created ? 1 : -1));
