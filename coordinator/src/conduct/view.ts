import type { Contract } from '@consilium/shared/contract';
import { type BlobHash, blobHash, runId, type SiteId, type StepId, siteId, stepId } from '@consilium/shared/ids';
import type { JournalRecord } from '@consilium/shared/journal';
import type { RunReport } from '@consilium/shared/report';
import type { ContributionManifest } from '@consilium/shared/wire';
import { siteActivity, siteStatus, wireError } from '@consilium/shared/wire';
import { z } from 'zod';
import { stepOutput } from '../rounds/index.js';

const pooled = stepOutput.shape.metrics.unwrap();

/** A site as the lead sees it in a run: what the journal knows and what the site said last. */
export const siteView = z.strictObject({
  site: siteId,
  connected: z.boolean(),
  /** Seconds since anything was heard of the site; null before the first word since the coordinator's start. */
  heardSecondsAgo: z.number().nullable(),
  activity: siteActivity.nullable(),
  progress: siteStatus.shape.progress,
  backend: z.string().nullable(),
  /** Training samples signed by the site. */
  samples: z.int().nullable(),
  /** State in the open step. */
  standing: z.enum(['asked', 'accepted', 'refused', 'absent', 'left']),
  error: wireError.nullable(),
  bytesIn: z.number(),
  bytesOut: z.number(),
});
export type SiteView = z.infer<typeof siteView>;

/** A site whose report of the final test the run lacks, and why. */
const lacking = z.strictObject({ site: siteId, report: z.enum(['withheld', 'missing']), error: wireError.nullable() });

const missing = z.strictObject({ since: stepId, error: wireError, excused: z.boolean() });

export const coverageView = z.strictObject({
  sites: z.array(
    z.strictObject({
      site: siteId,
      samples: z.int().nullable(),
      contributed: z.int(),
      asked: z.int(),
      missing: z.array(missing),
    }),
  ),
  /** Steps that were folded although they lacked what the contract asks for, and what that was. */
  shortfalls: z.array(z.strictObject({ step: stepId, unmet: z.array(wireError) })),
  sampleShare: z.strictObject({ least: z.number(), mean: z.number() }).nullable(),
});

/** What the contract asks of a step, how the open one stands to it, and who is missing from it. */
export const participationView = z.strictObject({
  onShortfall: z.enum(['wait', 'degrade', 'fail']).nullable(),
  required: z.array(siteId),
  /** Sites that the step needs. */
  quorum: z.int(),
  minimumSampleShare: z.number(),
  idleLimitSeconds: z.number(),
  /** Null while no site is asked for anything. */
  open: z
    .strictObject({
      /** Sites that are still in the run, and those that stand behind the step. */
      asked: z.int(),
      behind: z.int(),
      /** Share of the training samples behind it; null before sites signed how many they have. */
      sampleShare: z.number().nullable(),
      /** What it still lacks. */
      unmet: z.array(wireError),
    })
    .nullable(),
  missing: z.array(
    z.strictObject({
      site: siteId,
      since: stepId,
      /** When it was given up. */
      at: z.string().nullable(),
      excused: z.boolean(),
      /** The step could still have it. */
      mayReturn: z.boolean(),
      error: wireError,
    }),
  ),
});

/** One judged round: pooled figures, and each site's own released ones (null where suppressed or absent). */
export const judgedView = z.strictObject({
  step: stepId,
  /** Number of its stage, counted from 0; null for the final test. */
  stage: z.int().nullable(),
  /** Round number; null for the final test. */
  round: z.int().nullable(),
  pooled,
  /** Other predictions of the same patients, pooled: baselines. */
  panels: stepOutput.shape.panels.unwrap(),
  /** Figures of another kind, means over patients: retrieval, reconstruction. */
  figures: stepOutput.shape.figures.unwrap(),
  sites: stepOutput.shape.released.unwrap(),
});

/** A line of the runs' list. */
export const runSummary = z.strictObject({
  run: runId,
  name: z.string(),
  phase: z.enum(['new', 'running', 'paused', 'closed']),
  outcome: z.enum(['complete', 'degraded', 'failed']).nullable(),
  step: stepId.nullable(),
  index: z.int(),
  steps: z.int(),
  round: z.int().nullable(),
  /** Of the stage. */
  rounds: z.int(),
  /** The stage under way, counted from 0; null in a run of one alone. */
  stage: z.strictObject({ name: z.string(), index: z.int(), stages: z.int() }).nullable(),
  sites: z.int(),
  /** Sites whose report of the final test is here, and those without; null while it may still bring them. */
  reports: z.strictObject({ released: z.int(), lacking: z.int() }).nullable(),
  created: z.string(),
  updated: z.string(),
});
export type RunSummary = z.infer<typeof runSummary>;

/** Everything about one run that a page, a terminal or a script shows. */
export const runView = runSummary.omit({ sites: true }).extend({
  consortium: z.string(),
  contract: blobHash,
  family: z.string(),
  classes: z.array(z.string()),
  pausedBy: z.enum(['lead', 'stepwise', 'participation']).nullable(),
  error: wireError.nullable(),
  model: blobHash.nullable(),
  /** The round whose model is the result so far. */
  bestRound: z.int().nullable(),
  /** What the last stage does not train; null where it trains all. */
  frozen: blobHash.nullable(),
  preparation: blobHash.nullable(),
  journalHead: blobHash,
  journalLength: z.int(),
  /** How many sites were asked, have a session now, and stand where in the open step. */
  turnout: z.strictObject({
    sites: z.int(),
    connected: z.int(),
    accepted: z.int(),
    refused: z.int(),
    absent: z.int(),
    left: z.int(),
  }),
  sites: z.array(siteView),
  /** Why no figure is shown as what the model is worth; null where they are. The sites' reports hold them all the same. */
  caveat: z.string().nullable(),
  judged: z.array(judgedView),
  coverage: coverageView,
  participation: participationView,
  /** Sites whose report of the final test is not here; empty while it may still come. */
  lacking: z.array(lacking),
});
export type RunView = z.infer<typeof runView>;

/** How many of the sites' reports are here. */
export const reportsOf = (
  standings: readonly { readonly report: 'released' | 'withheld' | 'missing' }[],
): RunSummary['reports'] => {
  const released = standings.filter(({ report }) => report === 'released').length;
  return { released, lacking: standings.length - released };
};

/** The numbers of a run's sites, which tell of none of them. */
export function turnoutOf(sites: readonly Pick<SiteView, 'connected' | 'standing'>[]): RunView['turnout'] {
  const count = (standing: SiteView['standing']) => sites.filter((site) => site.standing === standing).length;
  return {
    sites: sites.length,
    connected: sites.filter(({ connected }) => connected).length,
    accepted: count('accepted'),
    refused: count('refused'),
    absent: count('absent'),
    left: count('left'),
  };
}

/** A part of a list. */
export interface Page {
  /** Counted from 0. */
  readonly from: number;
  readonly limit: number;
}

/** One step of a run: when it was done, who stood behind it, what was sent in, and the model that came of it. */
export const stepView = z.strictObject({
  step: stepId,
  kind: z.enum(['prepare', 'initial', 'train', 'validate', 'test']),
  /** Number of its stage, counted from 0; null while preparing. */
  stage: z.int().nullable(),
  round: z.int().nullable(),
  /** When sites were asked, when the last of them was there, and when the fold was done. */
  opened: z.string().nullable(),
  folding: z.string().nullable(),
  done: z.string().nullable(),
  /** The model that the step made. */
  model: blobHash.nullable(),
  /** It is the one that validation prefers so far. */
  isBest: z.boolean(),
  /** How many sites were asked, are in, and will not come. */
  asked: z.int(),
  accepted: z.int(),
  absent: z.int(),
  /** Share of the training samples behind it; null before sites signed how many they have. */
  sampleShare: z.number().nullable(),
  /** What the contract asks for and it was folded without. */
  unmet: z.array(wireError),
  /** Of all blobs that were sent in for the step, refused ones included. */
  bytes: z.number(),
  sites: z.array(
    z.strictObject({
      site: siteId,
      /** `left`: absent, and out of the rest of the run. */
      standing: z.enum(['accepted', 'absent', 'left', 'awaited']),
      /** SHA-256 of its accepted contribution. */
      hash: blobHash.nullable(),
      /** When its contribution was accepted, and how long after the opening. */
      at: z.string().nullable(),
      seconds: z.number().nullable(),
      bytes: z.number(),
      samples: z.int().nullable(),
      refusals: z.int(),
      /** Why there is none. */
      code: z.string().nullable(),
      excused: z.boolean(),
    }),
  ),
});
export type StepView = z.infer<typeof stepView>;

export interface StepsPage {
  readonly total: number;
  readonly steps: readonly StepView[];
}

/** What the lead may do to a run. */
export type LeadCommand = 'next' | 'pause' | 'resume' | 'stop';

export interface ExportedBlob {
  readonly hash: string;
  readonly bytes: number;
  read(offset: number, length: number): Promise<Uint8Array>;
}

export interface ExportedReport {
  readonly manifest: ContributionManifest;
  read(): Promise<Uint8Array>;
}

export interface Exported {
  readonly contract: Uint8Array;
  /** Weights in safetensors form; the chosen model. */
  readonly model: ExportedBlob | null;
  /** What the last stage does not train, in the same form. */
  readonly frozen: ExportedBlob | null;
  readonly preparation: Uint8Array | null;
  /** The run's journal, a line a record. */
  journal(): AsyncIterable<string>;
  /** Signed evaluation blobs of the final test by site, as they came. All of them together may fill the memory. */
  readonly reports: readonly ExportedReport[];
}

/** A blob that stays so that folds can be made again. */
export interface KeptBlob extends ExportedBlob {
  readonly hash: BlobHash;
  /** The oldest kept round that has to do with it. */
  readonly step: StepId;
  /** Whose update it is; null: a model. */
  readonly site: SiteId | null;
}

/** The runs of a coordinator, as the API and the tests use them. */
export interface Runs {
  /** Checks the lead's signature, the roster and the terms; opens the run. @throws CSM-CONTRACT-*, CSM-RUN-* */
  launch(signedContract: Uint8Array, options: { readonly stepwise: boolean }): Promise<RunView>;
  /** Keeps a part of the weights that a run is to start from, until it is launched. @returns its SHA-256 */
  keepWeights(part: Uint8Array): Promise<BlobHash>;
  list(): Promise<readonly RunSummary[]>;
  /** @throws CSM-RUN-UNKNOWN */
  view(run: string): Promise<RunView>;
  /** @throws CSM-RUN-UNKNOWN, CSM-RUN-COMMAND when it does not apply now. */
  command(run: string, command: LeadCommand): Promise<RunView>;
  /**
   * Goes on under a longer contract of the same run. @throws CSM-RUN-UNKNOWN, CSM-CONTRACT-*, CSM-EXTEND-*
   */
  extend(run: string, signedContract: Uint8Array): Promise<RunView>;
  export(run: string): Promise<Exported>;
  /** Updates that are kept, and the models before and after their rounds. @throws CSM-RUN-UNKNOWN */
  kept(run: string): Promise<readonly KeptBlob[]>;
  /** @throws CSM-RUN-UNKNOWN */
  contract(run: string): Promise<Contract>;
  /** The steps that were opened, in their order. @throws CSM-RUN-UNKNOWN */
  steps(run: string, page: Page): Promise<StepsPage>;
  /** What came of a run, for its lead. @throws CSM-RUN-UNKNOWN */
  report(run: string): Promise<RunReport>;
  /** A part of the run's journal. */
  records(run: string, page: Page): Promise<readonly JournalRecord[]>;
  /** Calls back with a run's id soon after anything about it changed (at most ten times a second a run). Returns the unsubscriber. */
  subscribe(listener: (run: string) => void): () => void;
}
